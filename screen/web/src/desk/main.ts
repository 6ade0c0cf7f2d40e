import { createApp } from 'vue'
import '../shared/numerals.css'
import '../shared/phone.css'
import Desk from './Desk.vue'

createApp(Desk).mount('#app')

// Only on https (or this machine): elsewhere browsers have no service workers, and the page works without.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () => void navigator.serviceWorker.register('/desk-worker.js', { scope: '/t/' }).catch(() => undefined))
  // The pictures of the first visit came before the worker: ask for them once more, so that it keeps them too.
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    for (const picture of document.images) if (picture.src.startsWith('http')) void fetch(picture.src).catch(() => undefined)
  })
}
