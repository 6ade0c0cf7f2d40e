import { createApp } from 'vue'
import '../shared/numerals.css'
import './board.css'
import Board from './Board.vue'

createApp(Board).mount('#app')
