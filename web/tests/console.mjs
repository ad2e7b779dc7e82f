// The console in a real browser against a real demo. Prints a line for each check, and how many passed, last.
import http from 'node:http';
import { mkdirSync } from 'node:fs';
import { nodeProcess, startBrowser, startDemo, stopDemo } from './demo.mjs';

const SPEED = 20;
const SHOTS = process.env.WATCHFIRE_SHOTS;
let passed = 0;
let failed = 0;

async function check(what, holds) {
  try {
    await holds();
    passed += 1;
    console.log(`ok   ${what}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${what}\n     ${String(error.message ?? error).split('\n').slice(0, 6).join('\n     ')}`);
  }
}

function must(holds, what) {
  if (!holds) throw new Error(`expected ${what}`);
}

/** A page of one console, with whatever it should not have done. */
async function open(browser, address, query = '') {
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  page.faults = [];
  page.on('console', (message) => message.type() === 'error' && page.faults.push(message.text()));
  page.on('pageerror', (error) => page.faults.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !/^(blob|data):/.test(url)) page.faults.push(`asks elsewhere: ${url}`);
  });
  await page.goto(`${address}/${query}`);
  return page;
}

const visible = (page, id, timeout = 20_000) => page.getByTestId(id).first().waitFor({ state: 'visible', timeout });
const view = async (page) => page.evaluate(async () => (await fetch('/api/view')).json());

async function until(what, holds, timeout_ms = 30_000) {
  const late_ms = performance.now() + timeout_ms;
  let error = null;
  while (performance.now() < late_ms) {
    try {
      if (await holds()) return;
    } catch (caught) {
      error = caught;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`expected within ${timeout_ms / 1000} s: ${what}${error ? ` (${error.message})` : ''}`);
}

async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  for (const [width, height] of [[1366, 768], [1920, 1080]]) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${SHOTS}/${name}-${width}.png`, timeout: 120_000 });
  }
}

/** A request as no browser would let a page make it. */
function raw(address, { method = 'GET', path = '/', headers = {}, body } = {}) {
  const { port } = new URL(address);
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The ids of the server-sent events that come within a time, milliseconds. */
function eventIds(address, { last, for_ms = 1_500 } = {}) {
  const { host, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const headers = { host, ...(last === undefined ? {} : { 'last-event-id': String(last) }) };
    const ids = [];
    const request = http.get({ host: '127.0.0.1', port, path: '/api/events', headers }, (answer) => {
      answer.on('data', (part) => ids.push(...[...String(part).matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))));
    });
    request.on('error', (error) => (ids.done ? undefined : reject(error)));
    setTimeout(() => {
      ids.done = true;
      request.destroy();
      resolve(ids);
    }, for_ms);
  });
}

const stopped = new Set();
function signal(pid, name) {
  process.kill(pid, name);
  if (name === 'SIGSTOP') stopped.add(pid);
  else stopped.delete(pid);
}

const demo = await startDemo(SPEED);
const browser = await startBrowser();
const withoutWebgl = await startBrowser({ webgl: false });
try {
  const { jpn, kor, usa } = demo.consoles;
  const page = await open(browser, jpn);
  const korea = await open(withoutWebgl, kor);
  const america = await open(withoutWebgl, usa, '?map=off');
  await check('the realm stands over everything', async () => {
    await visible(page, 'banner');
    const text = await page.getByTestId('banner').innerText();
    must(/EXERCISE/i.test(text) && text.includes('2022-10-04'), `the exercise's name in "${text}"`);
  });
  await check('links with every partner, each lane, with latency', () =>
    until('four lanes connected with times', async () => {
      const { links } = await view(page);
      const good = links.filter((link) => link.sending.state === 'connected' && link.receiving.state === 'connected');
      const timed = good.filter((link) => link.lane !== 'warning' || link.sending.rtt_ms !== null);
      return timed.length === 4 && (await page.locator('[data-testid^=link-][data-sending=connected]').count()) === 4;
    }));
  await check('Korea is told why Japan sends it no tracks', async () => {
    await visible(korea, 'terms-jpn');
    const text = await korea.getByTestId('terms-jpn').innerText();
    must(/Korea gets the warning level/.test(text), `Japan's reason in "${text}"`);
  });
  await check('a machine without WebGL says so and shows the tables', async () => {
    await visible(korea, 'map-note');
    await visible(korea, 'tables');
  });
  await check('own sensors are listed, by their names', async () => {
    const text = await page.getByTestId('sensors').innerText();
    must(text.includes('jpn-sado') && text.includes('jpn-ominato'), `sensors in "${text}"`);
  });
  await check('the alarm comes, with a button to acknowledge', () => visible(page, 'ack', 60_000));
  await check('three nations stand side by side, with what they say', () =>
    until('three columns with launch, impact, class and course', async () => {
      const event = (await view(page)).events[0];
      const full = event?.columns.filter((column) => column.launch && column.impact && column.class === 'ballistic' && column.course_deg !== null);
      if (full?.length !== 3) return false;
      const text = await page.locator('section.right').innerText();
      return ['JPN', 'KOR', 'USA', 'ballistic', 'established'].every((word) => text.toLowerCase().includes(word.toLowerCase()));
    }, 45_000));
  await check('Korea, without Japan’s tracks, sees where Japan last saw it', () =>
    until('a place in the column of Japan', async () => {
      const { events, tracks } = await view(korea);
      const column = events[0]?.columns.find((one) => one.nation === 'jpn');
      const text = await korea.getByTestId('cell-observed_at-jpn').innerText();
      return !tracks.some((track) => track.origin === 'jpn') && column?.observed?.[2] > 100_000 && /°N .* km/.test(text);
    }));
  await shot(page, 'alarm');
  await shot(korea, 'korea-alarm');
  const american = nodeProcess(demo, 'usa');
  await check('an acknowledgement is pending while a partner is stopped', async () => {
    signal(american, 'SIGSTOP');
    await page.getByTestId('ack').click();
    await visible(page, 'acked');
    await until('Korea has it, the United States do not', async () =>
      (await page.getByTestId('receipt-kor').getAttribute('data-state')) === 'received' &&
      (await page.getByTestId('receipt-usa').getAttribute('data-state')) === 'pending');
  });
  await check('the link to the stopped partner is seen to be down', () =>
    until('it is down', async () => (await page.getByTestId('link-usa-warning').getAttribute('data-receiving')) !== 'connected'));
  await shot(page, 'partner-stopped');
  await check('the receipt comes when the partner is back', async () => {
    signal(american, 'SIGCONT');
    await until('its receipt', async () => (await page.getByTestId('receipt-usa').getAttribute('data-state')) === 'received');
  });
  await check('partners see the acknowledgement', async () => {
    await visible(korea, 'ack-jpn');
    await visible(america, 'ack-jpn');
  });
  await check('the acknowledgement is the officer’s own, and the event has a digest to sign', async () => {
    const event = (await view(page)).events[0];
    must(/^[0-9a-f]{64}$/.test(event.shown_digest), 'a digest of the event');
    must(event.acks.some((ack) => ack.own && ack.actor === 'watch-officer-1'), "the officer's own acknowledgement");
  });
  await check('server-sent events go on after the last one that was seen', async () => {
    const ids = await eventIds(jpn);
    must(ids.length >= 2 && ids.every((id, at) => at === 0 || id > ids[at - 1]), `growing ids, got ${ids}`);
    const later = await eventIds(jpn, { last: ids.at(-1) });
    must(later.length > 0 && later.every((id) => id > ids.at(-1)), `only later ids than ${ids.at(-1)}, got ${later}`);
  });
  await check('a silent node turns the page red, and what is shown is said to be old', async () => {
    const japanese = nodeProcess(demo, 'jpn');
    signal(japanese, 'SIGSTOP');
    await visible(page, 'lost', 15_000);
    await shot(page, 'node-silent');
    signal(japanese, 'SIGCONT');
    await page.getByTestId('lost').waitFor({ state: 'detached', timeout: 15_000 });
  });
  await check('"last data received" turns red when nothing comes any more', async () => {
    // Korea's radars see it no longer; Japan and the United States are stopped: nothing comes at all.
    const others = ['jpn', 'usa'].map((nation) => nodeProcess(demo, nation));
    others.forEach((pid) => signal(pid, 'SIGSTOP'));
    signal(demo.child.pid, 'SIGSTOP');
    await until('the age is shown as stale', async () => (await korea.getByTestId('last-data').getAttribute('data-stale')) === 'true');
    await shot(korea, 'korea-stale');
    [...others, demo.child.pid].forEach((pid) => signal(pid, 'SIGCONT'));
    await until('it is fresh again', async () => (await korea.getByTestId('last-data').getAttribute('data-stale')) === 'false');
  });
  await check('the headers of a page that nobody else may frame, feed or cache', async () => {
    const { host } = new URL(jpn);
    const { headers, status } = await raw(jpn, { headers: { host } });
    const policy = headers['content-security-policy'] ?? '';
    must(status === 200 && policy.includes("default-src 'none'") && !policy.includes("'unsafe-eval'"), `a strict policy, got "${policy}"`);
    must(/^watchfire-exercise-2022-10-04-jpn=/.test(String(headers['set-cookie'])), `a cookie of realm and nation, got "${headers['set-cookie']}"`);
    must(headers['x-content-type-options'] === 'nosniff', 'nosniff');
  });
  await check('a foreign host is refused, and so is an act without the session', async () => {
    const foreign = await raw(jpn, { headers: { host: 'evil.example' } });
    must(foreign.status === 421, `421 for a foreign host, got ${foreign.status}`);
    const { host } = new URL(jpn);
    const event = (await view(page)).events[0];
    const body = JSON.stringify({ act: 'acknowledge', event_id: event.id, shown_digest: event.shown_digest });
    const act = await raw(jpn, { method: 'POST', path: '/api/act', headers: { host, 'content-type': 'application/json' }, body });
    must(act.status === 403, `403 for a stranger's act, got ${act.status}`);
  });
  await check('the table says what the map says', async () => {
    await page.getByTestId('view-table').click();
    await visible(page, 'tracks');
    const rows = await page.getByTestId('tracks').innerText();
    must(/T-\d/.test(rows), `tracks in "${rows}"`);
    await shot(page, 'table');
  });
  await check('no page erred, broke its policy or asked elsewhere', async () => {
    const faults = [page, korea, america].flatMap((one) => one.faults);
    must(faults.length === 0, `no fault, got:\n${[...new Set(faults)].join('\n')}`);
  });
} finally {
  for (const pid of stopped) process.kill(pid, 'SIGCONT');
  await Promise.all([browser.close(), withoutWebgl.close()]);
  await check('Ctrl-C ends the demo within 2 s', async () => {
    const took_ms = await stopDemo(demo);
    must(took_ms < 2_000, `2,000 ms, took ${Math.round(took_ms)}`);
  });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
