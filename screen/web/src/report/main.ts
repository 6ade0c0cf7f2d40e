import { createApp } from 'vue'
import '../shared/numerals.css'
import '../shared/phone.css'
import Progress from './Progress.vue'
import Report from './Report.vue'

createApp(location.pathname.startsWith('/r/') ? Progress : Report).mount('#app')
