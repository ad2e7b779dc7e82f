import { readdirSync, readFileSync, writeFileSync, mkdirSync, existsSync, copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'dist');

// The globe is a bare ellipsoid with our own tiles, lines and points, so of the engine's workers these alone run.
// A worker that is missing here shows as a failed request in the console test.
const WORKERS = ['createVerticesFromHeightmap', 'incrementallyBuildTerrainPicker', 'transferTypedArrayTest'];

// The engine asks for these whether or not it uses them.
const ASSETS = ['approximateTerrainHeights.json'];

/** Copies the engine's workers and assets that are needed; the workers with the chunks that they import. */
function cesiumFiles(): Plugin {
  const engine = join(here, 'node_modules/@cesium/engine');
  const from = join(engine, 'Build/Workers');
  const to = join(out, 'cesium/Workers');
  return {
    name: 'cesium-files',
    apply: 'build',
    writeBundle() {
      mkdirSync(to, { recursive: true });
      mkdirSync(join(out, 'cesium/Assets'), { recursive: true });
      for (const file of ASSETS) copyFileSync(join(engine, 'Source/Assets', file), join(out, 'cesium/Assets', file));
      const waiting = WORKERS.map((name) => `${name}.js`);
      const copied = new Set<string>();
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
        if (copied.has(file)) continue;
        copied.add(file);
        copyFileSync(join(from, file), join(to, file));
        const text = readFileSync(join(from, file), 'utf8');
        for (const found of text.matchAll(/["']\.\/([\w-]+\.js)["']/g)) waiting.push(found[1]!);
      }
    },
  };
}

/** Writes the licences of all packages whose code is in the bundle beside it. */
function licences(): Plugin {
  const permissive = /MIT|ISC|BSD|Apache-2\.0|0BSD|Zlib|Unlicense|CC0-1\.0/;
  const packages = new Map<string, string>();
  return {
    name: 'licences',
    apply: 'build',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const id of Object.keys(chunk.modules)) {
          const found = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replace(/\0/g, ''));
          if (found) packages.set(found[1]!, '');
        }
      }
    },
    writeBundle() {
      const parts: string[] = ['Watchfire\'s console contains code and data of these packages.'];
      for (const folder of [...packages.keys()].sort()) {
        const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        if (!permissive.test(String(about.license))) this.error(`${about.name}: licence "${about.license}" is not permissive`);
        const file = existsSync(folder) ? readdirSync(folder).find((name) => /^licen[cs]e/i.test(name)) : undefined;
        const text = file ? readFileSync(join(folder, file), 'utf8').trim() : 'The package carries no licence text.';
        parts.push(`${about.name} ${about.version} (${about.license})\n\n${text}`);
      }
      writeFileSync(join(out, 'licences.txt'), parts.join(`\n\n${'='.repeat(80)}\n\n`) + '\n');
    },
  };
}

export default defineConfig({
  plugins: [svelte(), cesiumFiles(), licences()],
  define: { CESIUM_BASE_URL: JSON.stringify('/cesium') },
  build: {
    outDir: 'dist',
    target: 'es2022',
    // Under the content-security policy nothing may be inlined into the page.
    assetsInlineLimit: 0,
    // The map's code is one late chunk by intention; everything else is small.
    chunkSizeWarningLimit: 6000,
  },
});
