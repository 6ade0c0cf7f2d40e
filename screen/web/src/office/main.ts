import { createApp } from 'vue'
import '../shared/numerals.css'
import './office.css'
import Office from './Office.vue'

createApp(Office).mount('#app')
