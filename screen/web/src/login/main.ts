import { createApp } from 'vue'
import '../shared/numerals.css'
import './login.css'
import Login from './Login.vue'

createApp(Login).mount('#app')
