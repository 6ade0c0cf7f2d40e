import { createApp } from 'vue'
import '../shared/numerals.css'
import './wall.css'
import Wall from './Wall.vue'

createApp(Wall).mount('#app')
