import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { standIn } from './dev/standin.ts'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

// One HTML entry a page. The build goes to ../static and is committed: names carry a hash of their content, nothing
// carries a time, so two builds of the same sources are the same bytes.
export default defineConfig(({ command }) => ({
  base: command === 'build' ? '/static/' : '/',
  plugins: [vue(), ...(command === 'serve' ? [standIn()] : [])],
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: here('../static'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: true,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
    rollupOptions: {
      input: { wall: here('wall.html'), desk: here('desk.html'), login: here('login.html'), board: here('board.html'), report: here('report.html'), office: here('office.html'), bind: here('bind.html'), 'desk-worker': here('src/desk/worker.ts') },
      output: {
        entryFileNames: ({ name }) => (name === 'desk-worker' ? '[name].js' : 'assets/[name]-[hash].js'), // served at /
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  server: { host: '127.0.0.1' },
}))
