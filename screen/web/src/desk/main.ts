import { createApp } from 'vue'
import '../shared/numerals.css'
import './desk.css'
import Desk from './Desk.vue'

createApp(Desk).mount('#app')
