// Screenshots of the console on the fake server: node dev/shots.mjs FOLDER [name …]
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { startFake } from './fake.mjs';

const [folder = 'test-results', ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const SIZES = [[1366, 768], [1920, 1080]];
const SCENES = [
  { name: 'quiet', from_s: -30 },
  { name: 'boost', from_s: 70 },
  { name: 'flight', from_s: 420 },
  { name: 'acked', from_s: 300, act: true },
  { name: 'korea', nation: 'kor', from_s: 205 },
  { name: 'partner-down', from_s: 420, set: { silent: ['usa'] }, act: true },
  { name: 'stale', from_s: 420, set: { stale_s: 14 } },
  { name: 'lost', from_s: 420, mute: true },
  { name: 'live', nation: 'usa', from_s: 240, set: { live: true, second: true } },
  { name: 'table', from_s: 420, query: '?map=off' },
  { name: 'many', from_s: 420, set: { many: 500 } },
];

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'] });
for (const scene of SCENES) {
  if (only.length > 0 && !only.includes(scene.name)) continue;
  const fake = await startFake(scene);
  if (scene.set) await fake.set(scene.set);
  for (const [width, height] of SIZES) {
    const page = await browser.newPage({ viewport: { width, height } });
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && console.log(scene.name, message.type(), message.text().slice(0, 300)));
    page.on('response', (answer) => answer.status() >= 400 && console.log(scene.name, answer.status(), answer.url()));
    await page.goto(`${fake.address}/${scene.query ?? ''}`);
    await page.waitForFunction(() => window.__watchfire);
    if (scene.act) {
      await page.keyboard.press('a');
      await page.waitForTimeout(1500);
    }
    await page.waitForTimeout(scene.query ? 500 : 9000);
    if (scene.mute) {
      await fake.set({ mute: true });
      await page.waitForTimeout(4500);
    }
    await page.screenshot({ path: `${folder}/${scene.name}-${width}.png`, timeout: 120_000 });
    await page.close();
  }
  fake.stop();
}
await browser.close();
