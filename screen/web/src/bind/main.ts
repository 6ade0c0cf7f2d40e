import { createApp } from 'vue'
import '../shared/numerals.css'
import '../shared/phone.css'
import Bind from './Bind.vue'

createApp(Bind).mount('#app')
