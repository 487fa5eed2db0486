import react from '@vitejs/plugin-react'
import { defineConfig, type UserConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const API = process.env['API_URL'] ?? 'http://localhost:8080'
const SERVED_BY_API = [
  '/api',
  '/issuers',
  '/verifier',
  '/credential-types',
  '/status-lists',
  '/oauth',
  '/.well-known',
]

const configuration: UserConfig = {
  base: '/wallet/',
  build: {
    target: 'es2022',
    // Nothing inlined: the city's content security policy allows no data: scripts, styles or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  plugins: [
    react(),
    VitePWA({
      // A new version waits, and the wallet asks.
      registerType: 'prompt',
      injectRegister: null,
      includeAssets: ['icon.svg', 'icon-180.png'],
      manifest: {
        id: '/wallet/',
        name: '인천패스',
        short_name: '인천패스',
        description: '인천시가 발급한 카드를 이 기기에 보관하고, 꼭 필요한 것만 보여 주세요.',
        lang: 'ko',
        start_url: '/wallet/',
        scope: '/wallet/',
        display: 'standalone',
        background_color: '#ffffff',
        theme_color: '#0b3d91',
        categories: ['government', 'utilities'],
        icons: [
          { src: 'icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: 'icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
        shortcuts: [
          { name: 'QR 찍기', url: '/wallet/scan', icons: [{ src: 'icon-192.png', sizes: '192x192' }] },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg,png}'],
        navigateFallback: '/wallet/index.html',
        navigateFallbackAllowlist: [/^\/wallet(\/|$)/],
        cleanupOutdatedCaches: true,
      },
    }),
  ],
  server: { proxy: Object.fromEntries(SERVED_BY_API.map((path) => [path, API])) },
  preview: { proxy: Object.fromEntries(SERVED_BY_API.map((path) => [path, API])) },
}

export default defineConfig(({ command }) => {
  // A build started from a test run inherits NODE_ENV=test, and would carry React's development half.
  if (command === 'build') process.env['NODE_ENV'] = 'production'
  return configuration
})
