//! The table, and the statistics that it shows.

use std::fmt;

/// One line of the table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The median, with its unit.
    pub measured: String,
    /// What it is compared with, and the median of that.
    pub against: String,
    /// The median of the ratios of all rounds.
    pub ratio: String,
    /// The least and the greatest of them.
    pub spread: String,
    /// What is wanted.
    pub target: String,
    /// Whether it is so; `None` where nothing is wanted.
    pub is_met: Option<bool>,
}

impl Row {
    /// What was measured, and nothing to compare it with.
    pub fn of(what: impl Into<String>, measured: impl Into<String>) -> Row {
        Row { what: what.into(), measured: measured.into(), ..Row::default() }
    }

    /// The same, beside something else.
    #[must_use]
    pub fn against(self, against: impl Into<String>) -> Row {
        Row { against: against.into(), ..self }
    }

    /// The ratio of two things that were measured in the same rounds.
    #[must_use]
    pub fn ratio(self, ratios: &Samples) -> Row {
        let spread = format!("{:.2}–{:.2}", ratios.least(), ratios.greatest());
        Row { ratio: format!("{:.2}", ratios.median()), spread, ..self }
    }

    /// How far the rounds lie apart.
    #[must_use]
    pub fn spread(self, samples: &Samples, unit: f64) -> Row {
        Row { spread: format!("{:.2}–{:.2}", samples.least() / unit, samples.greatest() / unit), ..self }
    }

    /// What is wanted, and whether it is so.
    #[must_use]
    pub fn target(self, target: impl Into<String>, is_met: bool) -> Row {
        Row { target: target.into(), is_met: Some(is_met), ..self }
    }

    fn cells(&self) -> [&str; 7] {
        let is_met = match self.is_met {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        [&self.what, &self.measured, &self.against, &self.ratio, &self.spread, &self.target, is_met]
    }
}

const HEADINGS: [&str; 7] = ["what", "measured", "against", "ratio", "spread", "target", "met"];

/// All rows, as Markdown.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds what one part measured, and shows it at once: the rest may take minutes.
    pub fn add(&mut self, part: &str, rows: Vec<Row>) {
        for row in &rows {
            eprintln!("  {part}: {}", row.cells().join(" | "));
        }
        self.rows.extend(rows);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[&str; 7]> = self.rows.iter().map(Row::cells).collect();
        let width = |column: usize| {
            let cells = rows.iter().chain([&HEADINGS]).map(|row| row[column].chars().count());
            cells.max().unwrap_or_default()
        };
        let mut line = |cells: [&str; 7]| {
            let padded: Vec<String> =
                cells.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column))).collect();
            writeln!(formatter, "| {} |", padded.join(" | "))
        };
        line(HEADINGS)?;
        line(["---"; 7])?;
        rows.iter().try_for_each(|row| line(*row))
    }
}

/// What several rounds measured.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn add(&mut self, sample: f64) {
        self.0.push(sample);
    }

    /// What each round says of one thing in proportion to another.
    #[must_use]
    pub fn over(&self, other: &Samples) -> Samples {
        self.0.iter().zip(&other.0).map(|(one, other)| one / other).collect()
    }

    /// The middle one; of an even number the upper of two.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().expect("a sample")
    }

    #[must_use]
    pub fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    #[must_use]
    pub fn greatest(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(samples: I) -> Samples {
        Samples(samples.into_iter().collect())
    }
}
