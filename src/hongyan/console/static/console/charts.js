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

  const themed = (option, width) => {
    const text = style("--hy-muted"), line = style("--hy-line");
    // Short figures: 10万 in Chinese, 100K in English; the axis of a narrow plot has fewer of them.
    const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
    const figures = (one) => (one.type === "value" ? { formatter: (value) => short.format(value) } : {});
    const axis = (one) => ({
      splitNumber: width < 480 ? 3 : 5, nameTextStyle: { color: text, align: one.position === "right" ? "right" : "left" }, nameGap: 12,
      axisLabel: { color: text, hideOverlap: true, ...figures(one) }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
      splitLine: { lineStyle: { color: line } }, ...one,
    });
    const each = (value, change) => (Array.isArray(value) ? value.map(change) : value && change(value));
    return {
      color: (option.tones || ["good", "info", "bad", "accent", "wait"]).map((tone) => style(`--hy-${tone}`)),
      textStyle: { fontFamily: style("--tblr-font-sans-serif") || "sans-serif" },
      animationDuration: 300,
      ...option,
      grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true, ...option.grid, ...(width < 480 && option.series.length > 2 && { top: 64 }) },
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

  // The tools stand at the right of the card's head when the card is one plot's.
  const toHead = (figure) => {
    const card = figure.closest(".card"), head = card?.querySelector(":scope > .card-header"), tools = figure.querySelector(":scope > .hy-chart-tools");
    if (!head || !tools || card.querySelectorAll("[data-chart]").length > 1) return;
    head.querySelector(":scope > .hy-chart-tools")?.remove();
    head.append(tools);
  };

  const draw = async (figure) => {
    toHead(figure);
    await load();
    const option = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const plot = figure.querySelector(".hy-chart-plot");
    if (!plot.isConnected) return;
    const chart = echarts.getInstanceByDom(plot) || echarts.init(plot, null, { renderer: "canvas" });
    chart.setOption(themed(option, plot.clientWidth), true);
    drawn.set(figure, chart);
    // A series may name, for each of its bars, where the things behind it are listed.
    chart.off("click");
    chart.on("click", (event) => {
      const link = option.series[event.seriesIndex]?.links?.[event.dataIndex];
      if (link) location.href = link;
    });
    const data = figure.querySelector(".hy-chart-data");
    data.replaceChildren(table(option));
    const tools = figure.querySelector(":scope > .hy-chart-tools") || figure.closest(".card").querySelector(":scope > .card-header > .hy-chart-tools");
    tools.querySelector("[data-chart-table]").onclick = (event) => {
      const shown = data.hidden;
      data.hidden = !shown;
      plot.hidden = shown;
      event.currentTarget.setAttribute("aria-pressed", String(shown));
    };
    tools.querySelector("[data-chart-save]").onclick = () => {
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
