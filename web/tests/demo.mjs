// A real demo for the console's tests and measures, and a browser to look at it.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const HERE = dirname(fileURLToPath(import.meta.url));
const BINARY = resolve(process.env.WATCHFIRE_BIN ?? join(HERE, '../../target/release/watchfire'));
const READY_WITHIN_MS = 30_000;
const NATIONS = ['jpn', 'kor', 'usa'];

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Starts a demo; `consoles` and `pids` are by nation. */
export async function startDemo(speed) {
  if (!existsSync(BINARY)) throw new Error(`no binary at ${BINARY}: build it, or set WATCHFIRE_BIN`);
  const folder = mkdtempSync(join(tmpdir(), 'watchfire-console-'));
  const started_ms = Date.now();
  const child = spawn(BINARY, ['demo', '--speed', String(speed), '--dir', join(folder, 'demo')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (bytes) => (said += bytes));
  child.stderr.on('data', (bytes) => (said += bytes));
  const consoles = () =>
    Object.fromEntries([...said.matchAll(/http:\/\/([a-z]{3})\.localhost:(\d+)\//g)].map(([address, nation]) => [nation, address]));
  while (Object.keys(consoles()).length < NATIONS.length) {
    if (child.exitCode !== null || Date.now() - started_ms > READY_WITHIN_MS) {
      child.kill('SIGKILL');
      throw new Error(`the demo did not start:\n${said}`);
    }
    await sleep(20);
  }
  return {
    consoles: consoles(),
    started_ms,
    said: () => said,
    /** Process of a nation's node; another one after a restart. */
    pid(nation) {
      for (const pid of children(child.pid)) {
        if (!pid) continue;
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        if (words.includes(`/${nation}/`) || words.includes(`/${nation}.`)) return Number(pid);
      }
      throw new Error(`no process of ${nation}`);
    },
    async stop() {
      for (const nation of NATIONS) {
        try {
          process.kill(this.pid(nation), 'SIGCONT');
        } catch {
          // it has ended already
        }
      }
      const ended = new Promise((done) => child.once('exit', done));
      if (child.exitCode === null) {
        child.kill('SIGINT');
        const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
        await ended;
        clearTimeout(late);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Processes that any thread of `pid` started. */
function children(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ');
    } catch {
      return [];
    }
  });
}

/** The system's Chromium; nothing but the page goes to the network. */
export function startBrowser(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      ...(more.length > 0 ? more : ['--use-angle=swiftshader', '--enable-unsafe-swiftshader']),
    ],
  });
}

/** A request as no browser would send it: answers status, headers and text. */
export function ask(address, path, { method = 'GET', headers = {}, body } = {}) {
  const { port, host } = new URL(address);
  return new Promise((done, failed) => {
    const request = http.request({ host: '127.0.0.1', port, path, method, headers: { Host: host, ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
    });
    request.on('error', failed);
    request.end(body);
  });
}

/** The first views of the stream within `ms`, as `{id, view}`; `last` goes as Last-Event-ID. */
export function listen(address, ms, last) {
  const { port, host } = new URL(address);
  return new Promise((done, failed) => {
    let text = '';
    const headers = { Host: host, ...(last === undefined ? {} : { 'Last-Event-ID': String(last) }) };
    const request = http.request({ host: '127.0.0.1', port, path: '/api/events', headers }, (answer) => {
      answer.setEncoding('utf8').on('data', (part) => (text += part));
      answer.on('error', () => undefined);
    });
    request.on('error', failed);
    request.end();
    setTimeout(() => {
      request.removeAllListeners('error').on('error', () => undefined).destroy();
      const messages = [...text.matchAll(/id: (\d+)\nevent: view\ndata: (.*)\n\n/g)];
      done(messages.map(([, id, data]) => ({ id: Number(id), view: JSON.parse(data) })));
    }, ms);
  });
}
