// A real demo: the program's own nodes, links and journals, in a folder of its own.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.WATCHFIRE_BIN ?? fileURLToPath(new URL('../../target/release/watchfire', import.meta.url));
const READY_MS_MAX = 30_000;

/** Starts a demo; resolves when its three consoles are up. */
export async function startDemo(speed) {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM}: not there; expected the program, built by cargo xtask build`);
  const folder = mkdtempSync(join(tmpdir(), 'watchfire-console-'));
  const child = spawn(PROGRAM, ['demo', '--speed', String(speed), '--dir', join(folder, 'demo')]);
  const demo = { child, folder, consoles: {}, lines: [], started_ms: performance.now() };
  let waiting = '';
  const ready = new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the demo was not up in time:\n${demo.lines.join('\n')}`)), READY_MS_MAX);
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${demo.lines.join('\n')}`)));
    child.stderr.on('data', (text) => demo.lines.push(String(text).trim()));
    child.stdout.on('data', (text) => {
      const lines = (waiting + text).split('\n');
      waiting = lines.pop();
      for (const line of lines) {
        demo.lines.push(line);
        const [, nation, address] = /^([A-Z]{3}) console (\S+)/.exec(line) ?? [];
        if (nation) demo.consoles[nation.toLowerCase()] = address.replace(/\/$/, '');
      }
      if (Object.keys(demo.consoles).length === 3) {
        clearTimeout(late);
        resolve();
      }
    });
  });
  await ready.catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  return demo;
}

/** The process of one nation's node. */
export function nodeProcess(demo, nation) {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      if (words.includes('node') && words.includes(join(demo.folder, 'demo', nation, 'node.toml'))) return Number(entry);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error(`no process of ${nation}`);
}

/** Ends the demo as Ctrl-C does; says how long that took, milliseconds. */
export async function stopDemo(demo) {
  const asked_ms = performance.now();
  const ended = new Promise((resolve) => (demo.child.exitCode === null ? demo.child.once('exit', resolve) : resolve()));
  demo.child.kill('SIGINT');
  const kill = setTimeout(() => demo.child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(kill);
  const took_ms = performance.now() - asked_ms;
  rmSync(demo.folder, { recursive: true, force: true });
  return took_ms;
}

/** The system's Chromium, without the calls home of its own; `webgl` by software. */
export function startBrowser({ webgl = true } = {}) {
  const drawing = webgl ? ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'] : ['--disable-gpu', '--disable-3d-apis'];
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', ...drawing, ...quiet] });
}
