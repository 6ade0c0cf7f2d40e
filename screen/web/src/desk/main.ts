import { createApp } from 'vue'
import '../shared/numerals.css'
import './desk.css'
import Desk from './Desk.vue'

createApp(Desk).mount('#app')

// Only on https (or this machine): elsewhere browsers have no service workers, and the page works without.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () => void navigator.serviceWorker.register('/desk-worker.js', { scope: '/t/' }).catch(() => undefined))
}
