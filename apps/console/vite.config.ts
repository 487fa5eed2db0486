import react from '@vitejs/plugin-react'
import { defineConfig, type UserConfig } from 'vite'

const configuration: UserConfig = {
  base: '/console/',
  plugins: [react()],
  // The Content-Security-Policy allows no data: scripts or styles; files are files.
  build: { target: 'es2023', assetsInlineLimit: 0 },
  server: { proxy: { '/api': process.env['API_URL'] ?? 'http://localhost:8080' } },
}

export default defineConfig(({ command }) => {
  // A build started from a test run inherits NODE_ENV=test, and would carry React's development half.
  if (command === 'build') process.env['NODE_ENV'] = 'production'
  return configuration
})
