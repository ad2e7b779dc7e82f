// The console's figures (load, size, freshness, start), printed and never asserted: node tests/measure.mjs
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { sleep, startBrowser, startDemo } from './demo.mjs';

const SPEED = 20;
/** Views over which freshness is taken. */
const LISTEN_MS = 30_000;

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map((one) => readFileSync(join(one.parentPath, one.name)));
const megabytes = (sizes) => (sizes.reduce((sum, one) => sum + one, 0) / 1e6).toFixed(2);
console.log(`size of dist: ${megabytes(files.map((one) => one.length))} MB; gzip ${megabytes(files.map((one) => gzipSync(one).length))} MB; brotli ${megabytes(files.map((one) => brotliCompressSync(one).length))} MB (${files.length} files, each by itself)`);

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)];

const browser = await startBrowser();
const demo = await startDemo(SPEED);
try {
  console.log(`consoles' addresses after the demo's start: ${Date.now() - demo.started_ms} ms`);
  for (const [name, query] of [['with map', ''], ['table only', '?map=off']]) {
    const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
    const from_ms = Date.now();
    await page.goto(demo.consoles.jpn + query, { waitUntil: 'commit' });
    await page.waitForFunction(() => window.__watchfire, undefined, { timeout: 30_000, polling: 20 });
    const shown = await page.evaluate(() => window.__watchfire.shownAt);
    const loaded_ms = await page.evaluate(async () => {
      if (document.readyState !== 'complete') await new Promise((done) => addEventListener('load', done));
      return performance.getEntriesByType('navigation')[0].loadEventEnd;
    });
    console.log(`first load, ${name}: page loaded ${Math.round(loaded_ms)} ms, first view committed ${Math.round(Date.now() - from_ms)} ms after the request (${Math.round(shown - demo.started_ms)} ms after the demo's start)`);
    if (query) {
      // When the view was made, by the realm's clock that runs SPEED times as fast, against when it was committed. The
      // clock's zero is not known here, so the least delay counts as zero: this is the spread above the quickest view.
      const samples = await page.evaluate(async (listen_ms) => {
        const seen = new Map();
        const until_ms = performance.now() + listen_ms;
        while (performance.now() < until_ms) {
          const { view, shownAt } = window.__watchfire;
          seen.set(view.seq, [Date.parse(view.now) / view.clock_speed, shownAt]);
          await new Promise((done) => setTimeout(done, 5));
        }
        return [...seen.values()];
      }, LISTEN_MS);
      const delays = samples.map(([made, committed]) => committed - made);
      const least = Math.min(...delays);
      const above = delays.map((one) => one - least).sort((left, right) => left - right);
      console.log(`view made to page committed, above the quickest, ${above.length} views: p50 ${quantile(above, 0.5).toFixed(1)} ms, p95 ${quantile(above, 0.95).toFixed(1)} ms, worst ${above.at(-1).toFixed(1)} ms`);
    }
    await page.close();
    await sleep(200);
  }
} finally {
  await browser.close();
  await demo.stop();
}
