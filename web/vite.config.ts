import { existsSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

// The packages whose code ends up in the page (directly, or inside eyeson's bundle).
const shipped = ['eyeson', '@rails/actioncable', 'platform', 'screenfull', 'webrtc-adapter', 'sdp', 'preact'];

/** Ships the licence texts of the bundled packages as licenses.txt. */
function licenses(): Plugin {
  return {
    name: 'plenum-licenses',
    apply: 'build',
    generateBundle() {
      const text = shipped.map(name => {
        const dir = new URL(`./node_modules/${name}/`, import.meta.url);
        const meta = JSON.parse(readFileSync(new URL('package.json', dir), 'utf8')) as {
          version: string;
          license: string;
        };
        const file = ['LICENSE', 'LICENSE.md', 'MIT-LICENSE', 'license', 'LICENSE.txt']
          .map(f => new URL(f, dir))
          .find(f => existsSync(f));
        const body = file ? readFileSync(file, 'utf8').trim() : `Licence: ${meta.license}`;
        return `${name} ${meta.version} (${meta.license})\n\n${body}\n`;
      });
      this.emitFile({
        type: 'asset',
        fileName: 'licenses.txt',
        source: text.join(`\n${'-'.repeat(72)}\n\n`)
      });
    }
  };
}

export default defineConfig({
  base: './', // works under any public GUI base path
  plugins: [licenses()],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: ['chrome109', 'firefox110', 'safari16'],
    assetsInlineLimit: 0, // a data: URL would need a wider CSP
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 400,
    rollupOptions: { input: { index: 'index.html', help: 'help.html' } }
  },
  server: { host: '127.0.0.1', port: 5199, strictPort: true },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' }
} as Parameters<typeof defineConfig>[0]);
