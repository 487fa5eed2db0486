import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  // The Content-Security-Policy allows no data: scripts or styles; files are files.
  build: { target: 'es2023', assetsInlineLimit: 0 },
  server: { proxy: { '/api': process.env.API_URL ?? 'http://localhost:8080' } },
})
