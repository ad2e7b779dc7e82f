// The console in a browser against a real running demo: npm run test:console
// Ends with a line `N passed, N failed`. What is drawn by the map is never asserted: software rendering is slow.
import { ask, listen, sleep, startBrowser, startDemo } from './demo.mjs';

const SPEED = 20;
const ALL_WITHIN_MS = 170_000;
const PAGE = { viewport: { width: 1366, height: 768 } };

let passed = 0;
let failed = 0;
function check(name, holds, seen = '') {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}${holds ? '' : `: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`}`);
}

/** Waits for a state of the page; answers whether it came. */
async function comes(page, ms, what, of) {
  const until_ms = Date.now() + ms;
  for (;;) {
    if (await page.evaluate(what, of).catch(() => false)) return true;
    if (Date.now() > until_ms) return false;
    await sleep(100);
  }
}
const text = (page, id) => page.evaluate((one) => document.querySelector(`[data-testid="${one}"]`)?.textContent ?? '', id);
const has = (id) => [(one) => document.querySelector(`[data-testid="${one}"]`) !== null, id];
const receipt = (page, partner, state, ms) =>
  comes(page, ms, ([one, wanted]) => document.querySelector(`[data-testid="receipt-${one}"]`)?.dataset.state === wanted, [partner, state]);

/** Opens a console and notes everything that should not be. */
async function open(browser, address, query = '') {
  const page = await browser.newPage(PAGE);
  const bad = [];
  const streams = [];
  await page.addInitScript(() => {
    window.__violations = [];
    addEventListener('securitypolicyviolation', (one) => window.__violations.push(`${one.violatedDirective} ${one.blockedURI}`));
  });
  page.on('console', (said) => said.type() === 'error' && bad.push(said.text().slice(0, 200)));
  page.on('pageerror', (error) => bad.push(String(error).slice(0, 200)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.host !== new URL(address).host) bad.push(`request to ${url.host}`);
    if (url.pathname === '/api/events') streams.push(request);
  });
  await page.goto(address + query);
  await comes(page, 20_000, () => window.__watchfire !== undefined);
  return { page, bad, streams };
}

const demo = await startDemo(SPEED);
const browsers = [];
const late = setTimeout(async () => {
  console.log(`FAILED not done within ${ALL_WITHIN_MS / 1000} s`);
  console.log(`${passed} passed, ${failed + 1} failed`);
  await demo.stop();
  process.exit(1);
}, ALL_WITHIN_MS);

try {
  const browser = await startBrowser();
  browsers.push(browser);
  // Japan's console with its map; the partners' as tables, to leave the processor to the nodes.
  const jpn = await open(browser, demo.consoles.jpn);
  const kor = await open(browser, demo.consoles.kor, '?map=off');
  const usa = await open(browser, demo.consoles.usa, '?map=off');
  const { page } = jpn;
  check('jpn: a view is shown', (await text(page, 'stream')) === 'connected', await text(page, 'stream'));
  for (const [nation, one] of Object.entries({ jpn, kor, usa })) {
    const banner = await text(one.page, 'banner');
    check(`${nation}: the banner names the exercise`, banner.includes('EXERCISE') && banner.includes('2022-10-04') && banner.includes('no real launch'), banner);
    const sensors = await text(one.page, 'sensors');
    check(`${nation}: own sensors are listed`, /Own sensors:\s+\S+/.test(sensors) && !sensors.includes('none'), sensors);
  }

  check('alarm: the acknowledge button comes', await comes(page, 60_000, ...has('ack')));
  check('alarm: said aloud to a screen reader', (await page.evaluate(() => document.querySelector('[role=alert]')?.textContent ?? '')).includes('acknowledge with A'));
  check('jpn: three national columns', await comes(page, 30_000, () => ['jpn', 'kor', 'usa'].every((one) => document.querySelector(`[data-testid="column-${one}"]`))), await text(page, 'columns'));

  // Acknowledge while the United States is stopped.
  const stopped = demo.pid('usa');
  process.kill(stopped, 'SIGSTOP');
  await sleep(500);
  const sent = page.waitForRequest((request) => request.url().endsWith('/api/act'), { timeout: 10_000 }).catch(() => null);
  const before = await page.evaluate(() => {
    const { view } = window.__watchfire;
    document.querySelector('[data-testid="ack"]').click();
    return view.events.map((one) => ({ id: one.id, digest: one.shown_digest }));
  });
  const body = (await sent)?.postDataJSON();
  check('act: carries the digest of the view that was on the page', body && before.some((one) => one.id === body.event_id && one.digest === body.shown_digest), { body, before });
  check('act: acknowledged', await comes(page, 10_000, ...has('acked')), await text(page, 'ack-error'));
  check('act: the name of the officer is shown', (await text(page, 'acked')).includes(' by '), await text(page, 'acked'));
  check('act: Korea, which runs, gives its receipt', await receipt(page, 'kor', 'received', 10_000));
  check('act: the United States, stopped, is pending', await receipt(page, 'usa', 'pending', 2_000));
  // The age of the newest head stands in the last column of the links: at 1366 pixels, with entries due, it once was cut.
  for (const [nation, id, one] of [['jpn', 'links', jpn], ['kor', 'links', kor], ['kor', 'tables', kor]]) {
    const cut = await one.page.evaluate((which) => {
      const panel = document.querySelector(`[data-testid="${which}"]`);
      const edge = panel.getBoundingClientRect().right;
      return [...panel.querySelectorAll('th, td')].filter((one) => one.getBoundingClientRect().right > edge).map((one) => one.textContent.trim());
    }, id);
    check(`layout: nothing of ${nation}'s ${id} is cut at 1366 pixels`, cut.length === 0, cut);
  }
  process.kill(stopped, 'SIGCONT');
  check('act: the United States, running again, gives its receipt', await receipt(page, 'usa', 'received', 25_000));
  check('act: Korea\'s console shows that Japan acknowledged', await comes(kor.page, 15_000, ...has('ack-jpn')));
  check('act: the United States\' console shows that Japan acknowledged', await comes(usa.page, 15_000, ...has('ack-jpn')));

  // Where partners give tracks, the node combines them with its own; the page says whose, and that it stays here.
  const combines = () => window.__watchfire.view.combined.some((one) => one.sources.length > 1 && new Set(one.sources.map((source) => source.nation)).size === one.sources.length);
  check('combined: Japan\'s node combines a partner\'s track with its own', await comes(page, 30_000, combines), await page.evaluate(() => window.__watchfire.view.combined));
  const shown = () => { const row = document.querySelector('[data-testid="combined"]'); return row !== null && row.textContent.includes('own eyes only') && /USA \S+/.test(row.textContent); };
  check('combined: the United States\' table shows it, for own eyes only', await comes(usa.page, 30_000, shown), await text(usa.page, 'combined'));

  const cell = (row, nation) => text(page, `cell-${row}-${nation}`);
  check('columns: an impact is said by our own', await comes(page, 40_000, () => /°N/.test(document.querySelector('[data-testid="cell-impact-jpn"]')?.textContent ?? '')), await cell('impact', 'jpn'));
  const WANTED = {
    status: /established|preliminary/, class: /ballistic/, launch_time: /\d\d:\d\d:\d\dZ.*± \d/s, launch_point: /\d°N \d+\.\d+°E/,
    course: /^\s*\d{3}°/, impact: /\d°N/, impact_time: /\d\d:\d\d:\d\dZ/, to_impact: /\d/, observed: /ago/,
  };
  for (const [row, wanted] of Object.entries(WANTED)) check(`columns: own ${row}`, wanted.test(await cell(row, 'jpn')), await cell(row, 'jpn'));
  for (const nation of ['kor', 'usa']) check(`columns: status of ${nation}`, /\w/.test(await cell('status', nation)), await cell('status', nation));

  // Whatever the nations differ on in the view is marked on the page, and nothing else.
  const marks = await page.evaluate(() => {
    const event = window.__watchfire.view.events[0];
    const wanted = new Set(event.differences.map((one) => one.field));
    const rows = ['status', 'class', 'launch_time', 'launch_point', 'course', 'impact', 'impact_time'];
    return rows.filter((row) => wanted.has(row) !== (document.querySelector(`[data-testid="row-${row}"]`)?.classList.contains('differs') ?? false));
  });
  check('columns: rows are marked where nations differ, and only there', marks.length === 0, marks);

  const terms = await text(kor.page, 'terms-jpn');
  const level = await kor.page.evaluate(() => window.__watchfire.view.links.find((one) => one.partner === 'jpn' && one.lane === 'warning')?.receiving.level);
  check('kor: Japan grants it the level warning', level === 'warning', level);
  check('kor: says why not more', /warning/.test(terms) && terms.replace(/^.*grants us:/s, '').trim().length > 20, terms);

  for (const partner of ['kor', 'usa']) {
    const up = ([one]) => { const row = document.querySelector(`[data-testid="link-${one}-warning"]`); return row?.dataset.sending === 'connected' && row.dataset.receiving === 'connected' && /\d ms/.test(row.textContent); };
    check(`links: ${partner} connected both ways, with a latency`, await comes(page, 15_000, up, [partner]), await text(page, `link-${partner}-warning`));
  }

  // What the server refuses.
  const address = demo.consoles.jpn;
  const root = await ask(address, '/');
  const csp = root.headers['content-security-policy'] ?? '';
  check('headers: a policy that denies by default and has no unsafe-eval', csp.includes("default-src 'none'") && !csp.includes("'unsafe-eval'"), csp);
  check('headers: a cookie named by realm and nation', /^watchfire-\S*2022-10-04\S*-jpn=\S+.*HttpOnly.*SameSite=Strict/.test(root.headers['set-cookie']?.[0] ?? ''), root.headers['set-cookie']);
  check('headers: nosniff', root.headers['x-content-type-options'] === 'nosniff');
  check('host: a foreign host is refused', (await ask(address, '/api/view', { headers: { Host: `rebound.example:${new URL(address).port}` } })).status === 421);
  const { csrf } = JSON.parse((await ask(address, '/api/view')).text);
  const cookie = root.headers['set-cookie'][0].split(';')[0];
  const act = (headers) => ask(address, '/api/act', { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: '{"act":"nothing","event_id":"","shown_digest":""}' });
  const own = { 'X-Watchfire-Csrf': csrf, Cookie: cookie };
  const answers = {
    own: (await act({ ...own, Origin: new URL(address).origin })).status,
    foreign: (await act({ ...own, Origin: 'http://elsewhere.example' })).status,
    partner: (await act({ ...own, Origin: new URL(demo.consoles.kor).origin })).status,
    token: (await act({ Cookie: cookie })).status,
    cookie: (await act({ 'X-Watchfire-Csrf': csrf })).status,
  };
  check('act: our own page comes as far as the body', answers.own === 400, answers);
  check('act: a foreign origin is refused', answers.foreign === 403, answers);
  check('act: a partner\'s console is a foreign origin', answers.partner === 403, answers);
  check('act: refused without the token', answers.token === 403, answers);
  check('act: refused without the cookie', answers.cookie === 403, answers);

  // Freeze our own node: the page must say so, not look alive.
  const frozen = demo.pid('jpn');
  process.kill(frozen, 'SIGSTOP');
  check('stale: "last data received" turns red', await comes(page, 15_000, () => document.querySelector('[data-testid="last-data"]').dataset.stale === 'true'));
  check('stale: the page says that the node is lost', await comes(page, 10_000, ...has('lost')));
  process.kill(frozen, 'SIGCONT');
  check('stale: the page comes back by itself', await comes(page, 20_000, () => document.querySelector('[data-testid="lost"]') === null));
  check('no console error, violation or foreign request: jpn', jpn.bad.length === 0, jpn.bad);

  // The stream resumes: by hand, then the page's own, whose connection a killed node breaks.
  const heard = await listen(address, 1_500);
  const ids = heard.map((one) => one.id);
  check('stream: ids grow', ids.length > 0 && ids.every((id, at) => at === 0 || id > ids[at - 1]) && heard.every((one) => one.id === one.view.seq), ids);
  const again = await listen(address, 1_500, ids.at(-1));
  check('stream: resumes after the id that was seen', again.length > 0 && again.every((one) => one.id > ids.at(-1)), { last: ids.at(-1), again: again.map((one) => one.id) });
  const count = jpn.streams.length;
  const old = await page.evaluate(() => window.__watchfire.view.csrf);
  process.kill(demo.pid('jpn'), 'SIGKILL');
  check('stream: the page sees the restarted node', await comes(page, 25_000, (one) => window.__watchfire.view.csrf !== one && document.querySelector('[data-testid="lost"]') === null, old));
  const resumed = await Promise.all(jpn.streams.slice(count).map((request) => request.allHeaders().catch(() => ({}))));
  check('stream: the browser resumes with Last-Event-ID', resumed.some((headers) => /^\d+$/.test(headers['last-event-id'] ?? '')), resumed.map((one) => one['last-event-id']));
  // The page stayed open over the restart: an act of it must pass the session's check (and fail on its body only).
  const status = await page.evaluate(async () => (await fetch('/api/act', { method: 'POST', headers: { 'X-Watchfire-Csrf': window.__watchfire.view.csrf }, body: '{}' })).status);
  check('act: a page that was open over a restart may still act', status === 400, status);

  for (const [nation, one] of Object.entries({ kor, usa })) check(`no console error, violation or foreign request: ${nation}`, one.bad.length === 0, one.bad);
  for (const [nation, one] of Object.entries({ jpn, kor, usa })) {
    const seen = await one.page.evaluate(() => window.__violations);
    check(`no violation of the content-security policy: ${nation}`, seen.length === 0, seen);
  }

  const blind = await startBrowser(['--disable-gpu', '--disable-3d-apis', '--disable-software-rasterizer']);
  browsers.push(blind);
  const bare = await open(blind, demo.consoles.usa);
  check('table: comes by itself where WebGL is missing', await comes(bare.page, 20_000, () => document.querySelector('[data-testid="map-note"]')?.textContent.includes('WebGL')), await text(bare.page, 'tables'));
  check('table: has the tracks', await comes(bare.page, 5_000, () => document.querySelector('[data-testid="tracks"]') !== null));
} catch (error) {
  check('the test ran to its end', false, String(error?.stack ?? error));
} finally {
  for (const browser of browsers) await browser.close().catch(() => undefined);
  await demo.stop();
  clearTimeout(late);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
