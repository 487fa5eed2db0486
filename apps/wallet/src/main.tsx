import '@pass/ui/styles.css'
import './wallet.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { adoptAddress } from './incoming.ts'

adoptAddress()
// A link opened while the wallet is open changes the fragment only. Before the router hears of it: it would see
// a receiving page with nothing to receive.
window.addEventListener('popstate', adoptAddress)
window.addEventListener('hashchange', adoptAddress)

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no root')
createRoot(root).render(<App />)
