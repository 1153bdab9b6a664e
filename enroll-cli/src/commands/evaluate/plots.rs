//! Plots as SVG.

use plotters::prelude::*;

use super::error::EvaluateError;

/// Colours that people who see red and green alike tell apart (Okabe and Ito, 2008).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];

const SIZE: (u32, u32) = (760, 420);

/// An axis.
#[derive(Clone, Copy)]
pub struct Axis<'a> {
    /// What it shows, and in what unit.
    pub name: &'a str,
    /// First value.
    pub from: f64,
    /// Last value.
    pub to: f64,
    /// Whether values stand at their logarithm.
    pub log: bool,
}

impl Axis<'_> {
    fn at(&self, value: f64) -> f64 {
        if self.log {
            value.max(f64::MIN_POSITIVE).log10()
        } else {
            value
        }
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.at(self.from)..self.at(self.to)
    }

    fn label(&self, at: f64) -> String {
        if self.log {
            return if at.fract().abs() < 1e-6 {
                format!("1e{at:.0}")
            } else {
                String::new()
            };
        }
        let text = format!("{at:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    fn labels(&self) -> usize {
        // A label for each decade.
        if self.log {
            (self.at(self.to) - self.at(self.from)).round() as usize + 1
        } else {
            8
        }
    }
}

/// A named line.
pub struct Line {
    /// For the legend.
    pub name: String,
    /// Its points. What lies beyond the axes is left out.
    pub points: Vec<(f64, f64)>,
}

fn failed(why: impl std::fmt::Display) -> EvaluateError {
    EvaluateError::Plot(why.to_string())
}

/// Lines in one plot.
pub fn lines(title: &str, x: Axis<'_>, y: Axis<'_>, lines: &[Line]) -> Result<String, EvaluateError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 17))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(x.range(), y.range())
            .map_err(failed)?;
        chart
            .configure_mesh()
            .x_desc(x.name)
            .y_desc(y.name)
            .x_labels(x.labels())
            .y_labels(y.labels())
            .x_label_formatter(&|at| x.label(*at))
            .y_label_formatter(&|at| y.label(*at))
            .light_line_style(WHITE)
            .draw()
            .map_err(failed)?;
        for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
            let within = |(px, py): &&(f64, f64)| {
                (x.from..=x.to).contains(px) && (y.from..=y.to).contains(py) && (!y.log || *py > 0.0)
            };
            let points = line
                .points
                .iter()
                .filter(within)
                .map(|(px, py)| (x.at(*px), y.at(*py)));
            let colour = *colour;
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)))
                .map_err(failed)?
                .label(&line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.8))
            .border_style(RGBColor(200, 200, 200))
            .draw()
            .map_err(failed)?;
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

/// A bar with its interval.
pub struct Bar {
    /// Which cluster it belongs to.
    pub cluster: usize,
    /// Which line of the legend.
    pub series: usize,
    /// In percent.
    pub value: f64,
    /// In percent.
    pub interval: Option<(f64, f64)>,
}

/// Clusters of bars, in percent.
pub fn bars(
    title: &str,
    x: &str,
    y: &str,
    clusters: &[String],
    series: &[String],
    bars: &[Bar],
) -> Result<String, EvaluateError> {
    let top = bars
        .iter()
        .map(|bar| bar.interval.map_or(bar.value, |(_, high)| high.max(bar.value)))
        .fold(1.0, f64::max);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 17))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..clusters.len() as f64, 0.0..(top * 1.08).min(100.0))
            .map_err(failed)?;
        let name = |at: &f64| {
            let middle = (at.fract() - 0.5).abs() < 1e-6;
            clusters
                .get(*at as usize)
                .filter(|_| middle)
                .cloned()
                .unwrap_or_default()
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_desc(x)
            .y_desc(y)
            .x_labels(2 * clusters.len() + 1)
            .x_label_formatter(&name)
            .light_line_style(WHITE)
            .draw()
            .map_err(failed)?;
        let width = 0.8 / series.len().max(1) as f64;
        for (index, (name, colour)) in series.iter().zip(COLOURS.iter().cycle()).enumerate() {
            let colour = *colour;
            let mine = || bars.iter().filter(|bar| bar.series == index);
            let left = |bar: &Bar| bar.cluster as f64 + 0.1 + index as f64 * width;
            let boxes = mine().map(|bar| {
                let corners = [(left(bar), 0.0), (left(bar) + width * 0.9, bar.value)];
                Rectangle::new(corners, colour.mix(0.6).filled())
            });
            chart
                .draw_series(boxes)
                .map_err(failed)?
                .label(name)
                .legend(move |(x, y)| {
                    Rectangle::new([(x, y - 5), (x + 14, y + 5)], colour.mix(0.6).filled())
                });
            let whiskers = mine().filter_map(|bar| {
                let middle = left(bar) + width * 0.45;
                bar.interval.map(|(low, high)| {
                    PathElement::new([(middle, low), (middle, high)], BLACK.stroke_width(2))
                })
            });
            chart.draw_series(whiskers).map_err(failed)?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .border_style(RGBColor(200, 200, 200))
            .draw()
            .map_err(failed)?;
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_has_its_labels_and_every_name_is_escaped() {
        let x = Axis {
            name: "distance",
            from: 0.0,
            to: 1.0,
            log: false,
        };
        let y = Axis {
            name: "share",
            from: 1e-4,
            to: 1.0,
            log: true,
        };
        let line = Line {
            name: "<a> & b".into(),
            points: vec![(0.1, 0.5), (0.2, 0.0), (0.3, 0.01), (7.0, 0.1)],
        };
        let svg = lines("title", x, y, &[line]).unwrap();
        for wanted in ["<svg", "distance", "share", "1e-4", "&lt;a&gt; &amp; b"] {
            assert!(svg.contains(wanted), "{wanted}");
        }
        let bar = Bar {
            cluster: 0,
            series: 0,
            value: 5.0,
            interval: Some((2.0, 9.0)),
        };
        let svg = bars("t", "x", "FNMR (%)", &["1e-3".into()], &["lfw".into()], &[bar]).unwrap();
        assert!(svg.contains("1e-3") && svg.contains("FNMR (%)") && svg.contains("lfw"));
        assert!(bars("t", "x", "y", &[], &[], &[]).is_ok());
    }
}
