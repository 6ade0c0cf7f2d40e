/** The one place that knows ECharts: only the parts the wall draws, sharp at every scale of the stage. */
import { BarChart, LineChart, PieChart, ScatterChart } from 'echarts/charts'
import { GeoComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { getMap, graphic, init, registerMap, use, type ECharts, type EChartsCoreOption } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { onMounted, onUnmounted, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { stageScale } from './stage'

use([BarChart, LineChart, PieChart, ScatterChart, GeoComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, CanvasRenderer])

export { getMap, registerMap }
export type { ECharts, EChartsCoreOption }

export function fade(colour: string, from: number): graphic.LinearGradient {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16))
  return new graphic.LinearGradient(0, 0, 0, 1, [
    { offset: 0, color: `rgba(${r},${g},${b},${from})` },
    { offset: 1, color: `rgba(${r},${g},${b},0)` },
  ])
}

/** Keeps a chart in `host` showing `option()`. A canvas under a CSS scale blurs unless its pixel ratio takes the scale
 *  in, and ECharts cannot change the ratio of a living chart: on a new scale the chart is made anew. */
export function useChart(
  host: Ref<HTMLElement | null>,
  option: () => EChartsCoreOption,
  onReady: (chart: ECharts) => void = () => undefined,
): ShallowRef<ECharts | null> {
  const chart = shallowRef<ECharts | null>(null)
  const scale = stageScale()
  let pending = 0

  function make(): void {
    chart.value?.dispose()
    if (host.value === null) return
    const made = init(host.value, null, { renderer: 'canvas', devicePixelRatio: devicePixelRatio * scale.value })
    made.setOption(option())
    chart.value = made
    onReady(made)
  }
  onMounted(() => void document.fonts.ready.then(make))
  watch(option, (next) => chart.value?.setOption(next, { notMerge: true }))
  watch(scale, () => {
    window.clearTimeout(pending)
    pending = window.setTimeout(make, 150)
  })
  onUnmounted(() => {
    window.clearTimeout(pending)
    chart.value?.dispose()
  })
  return chart
}
