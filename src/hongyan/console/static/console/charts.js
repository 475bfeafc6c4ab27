// Plots: <figure data-chart> holds an ECharts option as JSON. ECharts is loaded only on pages that have one.
(() => {
  const script = document.currentScript;
  const locale = script.dataset.numberLocale;
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const drawn = new Map();
  let library = null;

  const load = () => library || (library = new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = script.dataset.echarts;
    element.onload = resolve;
    element.onerror = reject;
    document.head.append(element);
  }));

  const themed = (option) => {
    const text = style("--hy-muted"), line = style("--hy-line");
    const axis = (one) => ({
      axisLabel: { color: text }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
      splitLine: { lineStyle: { color: line } }, ...one,
    });
    const each = (value, change) => (Array.isArray(value) ? value.map(change) : value && change(value));
    return {
      color: (option.tones || ["good", "info", "bad", "accent", "wait"]).map((tone) => style(`--hy-${tone}`)),
      textStyle: { fontFamily: style("--tblr-font-sans-serif") || "sans-serif" },
      animationDuration: 300,
      ...option,
      legend: option.legend && { textStyle: { color: text }, itemWidth: 12, itemHeight: 8, ...option.legend },
      xAxis: each(option.xAxis, axis),
      yAxis: each(option.yAxis, axis),
    };
  };

  const table = (option) => {
    const axes = [option.xAxis, option.yAxis].flat().filter(Boolean);
    const labels = (axes.find((axis) => axis.type === "category") || {}).data || [];
    const element = document.createElement("table");
    element.className = "table table-sm";
    const head = element.createTHead().insertRow();
    head.insertCell().textContent = "";
    option.series.forEach((one) => { head.insertCell().textContent = one.name; });
    const body = element.createTBody();
    labels.forEach((label, index) => {
      if (!option.series.some((one) => one.data[index])) return;
      const row = body.insertRow();
      row.insertCell().textContent = label;
      option.series.forEach((one) => {
        const figure = Number(one.data[index] || 0).toLocaleString(locale), link = one.data[index] && one.links?.[index];
        const cell = row.insertCell(), holder = link ? cell.appendChild(document.createElement("a")) : cell;
        holder.textContent = figure;
        if (link) holder.href = link;
      });
    });
    return element;
  };

  const draw = async (figure) => {
    await load();
    const option = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const plot = figure.querySelector(".hy-chart-plot");
    if (!plot.isConnected) return;
    const chart = echarts.getInstanceByDom(plot) || echarts.init(plot, null, { renderer: "canvas" });
    chart.setOption(themed(option), true);
    drawn.set(figure, chart);
    // A series may name, for each of its bars, where the things behind it are listed.
    chart.off("click");
    chart.on("click", (event) => {
      const link = option.series[event.seriesIndex]?.links?.[event.dataIndex];
      if (link) location.href = link;
    });
    const data = figure.querySelector(".hy-chart-data");
    data.replaceChildren(table(option));
    figure.querySelector("[data-chart-table]").onclick = (event) => {
      const shown = data.hidden;
      data.hidden = !shown;
      plot.hidden = shown;
      event.currentTarget.setAttribute("aria-pressed", String(shown));
    };
    figure.querySelector("[data-chart-save]").onclick = () => {
      const link = document.createElement("a");
      link.download = `${figure.dataset.chart}.png`;
      link.href = chart.getDataURL({ pixelRatio: 2, backgroundColor: style("--hy-paper") });
      link.click();
    };
  };

  const all = (root) => root.querySelectorAll("[data-chart]").forEach(draw);
  document.addEventListener("DOMContentLoaded", () => all(document));
  document.addEventListener("htmx:afterSettle", (event) => all(event.target));
  window.addEventListener("hongyan-theme", () => all(document));
  window.addEventListener("resize", () => drawn.forEach((chart, figure) => (figure.isConnected ? chart.resize() : drawn.delete(figure))));
})();
