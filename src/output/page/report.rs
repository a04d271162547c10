//! A page of articles: a list to sort and filter, and each article with its paragraphs.
//!
//! Owns [`Report`] and its page. All text is in the page as escaped text, and without script the page still says
//! everything; the script sorts, filters, and marks the words behind a label. The page allows that one script,
//! by its hash, and no request at all.

use super::{escape, how, write_start};
use crate::evaluate::Moments;
use crate::model::{Model, Task};
use crate::output::articles::Names;
use crate::predict::article::{Article, TaskRollup};
use crate::predict::detail::{DetailedArticle, DetailedLabel, DetailedParagraph, MAX_PARAGRAPHS};
use std::fmt::Write as _;
use std::io::{self, Write};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// Colours of labels; more labels share them.
const N_COLOURS: usize = 8;

/// Labels of an article that have a bar.
const SHOWN_LABELS: usize = 6;

/// Bars of a strip; more paragraphs are pooled.
const MAX_BARS: usize = 120;

/// The step from which a word is marked: lighter ones, three in ten of the heaviest at most, would double the page.
const LIGHTEST_STEP: u8 = 2;

/// Sources that can be chosen from.
const MAX_SOURCES: usize = 200;

/// What the page is made of.
#[derive(Debug)]
pub struct Report<'m> {
    /// The heading.
    pub heading: String,
    /// The model.
    pub model: &'m Model,
    /// Its tasks and poles.
    pub names: Names,
    /// The articles that are listed.
    pub articles: Vec<DetailedArticle>,
    /// All articles together, those that are not listed included.
    pub total: Article,
    /// How many articles there are.
    pub n_articles: u64,
    /// The articles' indices.
    pub indices: Moments,
}

/// A label with a bar, over all tasks but the poles'.
struct Bar<'r> {
    name: &'r str,
    /// Its task's place in an article's list, and its own in the task's.
    place: (usize, usize),
    colour: usize,
}

impl<'m> Report<'m> {
    /// A report of no articles yet.
    pub fn new(heading: String, model: &'m Model, names: Names) -> Self {
        Report {
            heading,
            model,
            names,
            articles: Vec::new(),
            total: Article::default(),
            n_articles: 0,
            indices: Moments::default(),
        }
    }

    /// Takes an article in; lists it unless there are `most` already.
    pub fn push(&mut self, mut article: DetailedArticle, most: usize) {
        if let Some(mean) = article.article.index.moments.mean() {
            self.indices.add(mean);
        }
        self.n_articles += 1;
        let sums = article.article.clone();
        match self.n_articles {
            1 => self.total = sums,
            _ => self.total.absorb(sums),
        }
        if self.articles.len() < most {
            article.paragraphs.shrink_to_fit();
            self.articles.push(article);
        }
    }

    /// Writes the page.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        write_start(out, &self.heading, STYLE, Some(SCRIPT))?;
        writeln!(out, "<main>")?;
        self.write_head(out)?;
        let bars = self.bars();
        how::write(out, self.model, self.names.poles.as_ref())?;
        self.write_controls(out, &bars)?;
        writeln!(
            out,
            "<p id=\"count\" role=\"status\" aria-live=\"polite\">{} articles</p>\n<div id=\"articles\">",
            self.articles.len()
        )?;
        for (i, article) in self.articles.iter().enumerate() {
            self.write_article(out, i, article, &bars)?;
        }
        writeln!(
            out,
            "</div>\n</main>\n<footer>{}</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>",
            escape(&self.provenance())
        )
    }

    fn provenance(&self) -> String {
        let of = self.model.provenance();
        format!(
            "Labels by a model of {} rows, SHA-256 {}. A model errs: read the paragraph before you quote its label.",
            of.n_rows, of.rows_sha256
        )
    }

    fn task(&self, rollup: &TaskRollup) -> &Task {
        &self.names.tasks[rollup.task]
    }

    fn is_poles(&self, task: &Task) -> bool {
        self.names
            .poles
            .as_ref()
            .is_some_and(|p| p.task == task.name)
    }

    fn bars(&self) -> Vec<Bar<'_>> {
        let mut bars = Vec::new();
        for (at, rollup) in self.total.tasks.iter().enumerate() {
            let task = self.task(rollup);
            if self.is_poles(task) {
                continue;
            }
            for (label, name) in task.labels.iter().enumerate() {
                bars.push(Bar {
                    name,
                    place: (at, label),
                    colour: bars.len() % N_COLOURS,
                });
            }
        }
        bars
    }

    fn write_head(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "<h1>{}</h1>", escape(&self.heading))?;
        let dates = self.articles.iter().filter_map(|a| a.article.first.date);
        let span = match (dates.clone().min(), dates.max()) {
            (Some(first), Some(last)) => format!(" · {first} to {last}"),
            _ => String::new(),
        };
        writeln!(
            out,
            "<p class=\"lead\">{} articles · {} paragraphs, {} of them set aside · {} words{span}</p>",
            self.n_articles,
            self.total.paragraphs,
            self.total.set_aside(),
            self.total.body.words
        )?;
        let listed = self.articles.len() as u64;
        if listed < self.n_articles {
            writeln!(
                out,
                "<p class=\"warning\">The first {listed} of {} articles are listed; the figures here at the top \
                 are of all.</p>",
                self.n_articles
            )?;
        }
        writeln!(out, "<div class=\"key\">")?;
        if let (Some(poles), Some(mean)) = (&self.names.poles, self.indices.mean()) {
            let ends = match self.indices.interval() {
                Some(i) => format!("{} to {}", signed(i.low), signed(i.high)),
                None => "one article".to_owned(),
            };
            writeln!(
                out,
                "<div><span>{}, mean of the articles</span><b>{}</b><span>{}</span></div>",
                escape(&poles.task),
                signed(mean),
                ends
            )?;
        }
        let mut bars = self.bars();
        let words = |bar: &Bar<'_>| {
            self.total.tasks[bar.place.0].labels[bar.place.1]
                .amount
                .words
        };
        bars.sort_by_key(|bar| std::cmp::Reverse(words(bar)));
        for bar in bars.iter().take(SHOWN_LABELS) {
            let label = &self.total.tasks[bar.place.0].labels[bar.place.1];
            writeln!(
                out,
                "<div><span>{}</span><b>{:.0} %</b><span>of words, {} paragraphs</span></div>",
                escape(bar.name),
                100.0 * label.amount.share(self.total.body).unwrap_or_default(),
                label.amount.paragraphs
            )?;
        }
        writeln!(out, "</div>")
    }

    fn write_controls(&self, out: &mut impl Write, bars: &[Bar<'_>]) -> io::Result<()> {
        let option = |value: &str, name: &str| {
            format!(
                "<option value=\"{}\">{}</option>",
                escape(value),
                escape(name)
            )
        };
        let select = |id: &str, name: &str, options: String| {
            format!("<label>{name}<select id=\"{id}\">{options}</select></label>")
        };
        writeln!(
            out,
            "<form id=\"controls\" class=\"controls\" hidden>\n<label class=\"wide\">Words<input id=\"search\" type=\"search\"></label>"
        )?;
        let topics: String = (bars.iter().enumerate())
            .map(|(i, bar)| option(&i.to_string(), bar.name))
            .collect();
        writeln!(
            out,
            "{}",
            select("topic", "Topic", option("", "any") + &topics)
        )?;
        let sources = self
            .articles
            .iter()
            .filter_map(|a| a.article.first.source.as_deref());
        let sources: std::collections::BTreeSet<&str> = sources.collect();
        if (2..=MAX_SOURCES).contains(&sources.len()) {
            let options: String = sources.iter().map(|s| option(s, s)).collect();
            writeln!(
                out,
                "{}",
                select("source", "Source", option("", "any") + &options)
            )?;
        }
        let mut orders = vec![
            ("given", "as given"),
            ("newest", "newest"),
            ("oldest", "oldest"),
        ];
        let (lowest, highest);
        if let Some(poles) = &self.names.poles {
            lowest = format!("most {}", poles.negative);
            highest = format!("most {}", poles.positive);
            let leaning = [
                option("", "any"),
                option("negative", &format!("leans {}", poles.negative)),
                option("positive", &format!("leans {}", poles.positive)),
                option("neither", "leans to neither"),
            ];
            writeln!(out, "{}", select("leaning", "Index", leaning.concat()))?;
            orders.extend([("lowest", lowest.as_str()), ("highest", highest.as_str())]);
        }
        orders.extend([
            ("share", "largest share of the topic"),
            ("longest", "longest"),
        ]);
        let orders: String = orders
            .iter()
            .map(|(value, name)| option(value, name))
            .collect();
        writeln!(out, "{}", select("sort", "Order", orders))?;
        writeln!(out, "<button type=\"reset\">Reset</button>\n</form>")
    }

    fn write_article(
        &self,
        out: &mut impl Write,
        i: usize,
        detailed: &DetailedArticle,
        bars: &[Bar<'_>],
    ) -> io::Result<()> {
        let article = &detailed.article;
        let first = &article.first;
        let share = |bar: &Bar<'_>| {
            let label = &article.tasks[bar.place.0].labels[bar.place.1];
            label.amount.share(article.body).unwrap_or_default()
        };
        let shares: Vec<String> = bars.iter().map(|bar| permille(share(bar))).collect();
        let moments = &article.index.moments;
        let interval = moments.interval();
        let attribute = |value: Option<f64>| value.map_or_else(String::new, |v| format!("{v:.4}"));
        let date = first.date.map(|date| date.to_string()).unwrap_or_default();
        writeln!(
            out,
            "<article id=\"a{i}\" data-d=\"{date}\" data-s=\"{}\" data-w=\"{}\" data-i=\"{}\" data-lo=\"{}\" data-hi=\"{}\" data-t=\"{}\">\
             <details><summary><h2>{}</h2>",
            escape(first.source.as_deref().unwrap_or_default()),
            article.body.words,
            attribute(moments.mean()),
            attribute(interval.map(|i| i.low)),
            attribute(interval.map(|i| i.high)),
            shares.join(","),
            escape(title(article))
        )?;
        let mut meta: Vec<String> = Vec::new();
        meta.extend((!date.is_empty()).then_some(date));
        meta.extend(first.source.clone());
        meta.extend((title(article) != article.name).then(|| article.name.clone()));
        meta.push(format!(
            "{} words in {} paragraphs",
            article.body.words, article.body.paragraphs
        ));
        writeln!(
            out,
            "<p class=\"meta\">{}</p>\n<div class=\"figures\"><div class=\"shares\">",
            escape(&meta.join(" · "))
        )?;
        let mut shown: Vec<(&Bar<'_>, f64)> = bars.iter().map(|bar| (bar, share(bar))).collect();
        shown.retain(|(_, share)| *share > 0.0);
        shown.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (bar, share) in shown.iter().take(SHOWN_LABELS) {
            let percent = format!("{:.0}", 100.0 * share);
            write!(
                out,
                "<span class=\"share t{}\" style=\"--s:{percent}%\">{} <b>{percent} %</b></span>",
                bar.colour,
                escape(bar.name)
            )?;
        }
        write!(out, "</div>")?;
        if self.names.poles.is_some() {
            write!(out, "{}{}", self.strip(detailed), index_text(moments))?;
        }
        writeln!(out, "</div></summary>\n<div class=\"text\">")?;
        self.write_paragraphs(out, detailed, bars)?;
        writeln!(out, "</div></details></article>")
    }

    /// A bar a paragraph: up for the positive pole, down for the negative one.
    fn strip(&self, detailed: &DetailedArticle) -> String {
        let indices: Vec<Option<f32>> = detailed.paragraphs.iter().map(|p| p.index).collect();
        let size = indices.len().div_ceil(MAX_BARS).max(1);
        let bars: Vec<Option<f32>> = indices
            .chunks(size)
            .map(|pool| {
                let known: Vec<f32> = pool.iter().flatten().copied().collect();
                (!known.is_empty()).then(|| known.iter().sum::<f32>() / known.len() as f32)
            })
            .collect();
        let (mut up, mut down) = (String::new(), String::new());
        for (x, index) in bars.iter().enumerate() {
            let Some(index) = index else { continue };
            let path = if *index > 0.0 { &mut up } else { &mut down };
            // A bar of 0 would not be told from a gap.
            let height = (-10.0 * index).round().clamp(-10.0, 10.0);
            let height = if height == 0.0 { 0.6 } else { height };
            let _ = write!(path, "M{x} 0v{height}");
        }
        // Short articles do not get bars as broad as a hand.
        let width = bars.len().max(12);
        let n = detailed.article.index.moments.n;
        format!(
            "<svg class=\"strip\" viewBox=\"-.5 -11 {width} 22\" preserveAspectRatio=\"none\" role=\"img\" \
             aria-label=\"{n} paragraphs, a bar each\"><path class=\"pos\" d=\"{up}\"/>\
             <path class=\"neg\" d=\"{down}\"/><path class=\"zero\" d=\"M-.5 0h{width}\"/></svg>"
        )
    }

    fn write_paragraphs(
        &self,
        out: &mut impl Write,
        detailed: &DetailedArticle,
        bars: &[Bar<'_>],
    ) -> io::Result<()> {
        let paragraphs = detailed.paragraphs.iter().enumerate();
        for (number, p) in paragraphs.clone().filter(|(_, p)| p.is_body) {
            self.write_paragraph(out, number, p, detailed, bars)?;
        }
        let aside: Vec<_> = paragraphs.filter(|(_, p)| !p.is_body).collect();
        if !aside.is_empty() {
            writeln!(
                out,
                "<details class=\"aside\"><summary>{} set aside</summary>",
                aside.len()
            )?;
            for (_, p) in aside {
                writeln!(out, "<p>{}</p>", escape(&p.text))?;
            }
            writeln!(out, "</details>")?;
        }
        let left_out = detailed.article.paragraphs - detailed.paragraphs.len() as u64;
        if left_out > 0 {
            writeln!(
                out,
                "<p class=\"warning\">The first {MAX_PARAGRAPHS} paragraphs; {left_out} more count in the figures.</p>"
            )?;
        }
        Ok(())
    }

    fn write_paragraph(
        &self,
        out: &mut impl Write,
        number: usize,
        paragraph: &DetailedParagraph,
        detailed: &DetailedArticle,
        bars: &[Bar<'_>],
    ) -> io::Result<()> {
        let class = |label: &DetailedLabel| -> String {
            let task = &self.names.tasks[label.task];
            match &self.names.poles {
                Some(p) if self.is_poles(task) => {
                    let name = &task.labels[label.label];
                    let side = [(&p.positive, "pos"), (&p.negative, "neg")];
                    let side = side.iter().find(|(pole, _)| *pole == name);
                    side.map_or("mid", |(_, class)| class).to_owned()
                }
                _ => {
                    let place = detailed
                        .article
                        .tasks
                        .iter()
                        .position(|t| t.task == label.task);
                    let bar = bars
                        .iter()
                        .find(|bar| Some(bar.place.0) == place && bar.place.1 == label.label);
                    format!("t{}", bar.map_or(0, |bar| bar.colour))
                }
            }
        };
        let poles = paragraph
            .labels
            .iter()
            .find(|label| self.is_poles(&self.names.tasks[label.task]));
        write!(
            out,
            "<div class=\"par {}\"><i>{number}</i><p>{}<div>",
            poles.map(class).unwrap_or_default(),
            escape(&paragraph.text)
        )?;
        for label in &paragraph.labels {
            // The colour of the poles' task is the paragraph's.
            let class = match self.is_poles(&self.names.tasks[label.task]) {
                true => String::new(),
                false => format!(" class={}", class(label)),
            };
            write!(
                out,
                "<b{class} data-x={}>{} {:.0} %</b>",
                encoded(&label.words),
                escape(&self.names.tasks[label.task].labels[label.label]),
                100.0 * label.probability
            )?;
        }
        writeln!(out, "</div></div>")
    }
}

/// Steps as the page's script reads them: how many words are not marked, then a letter, small for the label and
/// capital against it; 0 where none is.
fn encoded(steps: &[i8]) -> String {
    let mut code = String::new();
    let mut skipped = 0;
    for step in steps {
        if step.unsigned_abs() < LIGHTEST_STEP {
            skipped += 1;
            continue;
        }
        if skipped > 0 {
            let _ = write!(code, "{skipped}");
        }
        skipped = 0;
        let base = if *step > 0 { b'a' } else { b'A' };
        code.push(char::from(base + step.unsigned_abs() - 1));
    }
    if code.is_empty() {
        code.push('0');
    }
    code
}

/// What heads an article: its title, else its name, and of a path the last part.
fn title(article: &Article) -> &str {
    if let Some(title) = &article.first.title {
        return title;
    }
    let is_file = article.first.place.line.is_none() && *article.first.place.path == *article.name;
    let parts = article.name.rsplit(['/', '\\']);
    let last = parts.filter(|_| is_file).find(|part| !part.is_empty());
    last.unwrap_or(&article.name)
}

fn permille(share: f64) -> String {
    format!("{:.0}", 1000.0 * share)
}

/// With a minus sign as print has it.
fn signed(value: f64) -> String {
    format!("{value:+.2}").replace('-', "−")
}

fn index_text(moments: &Moments) -> String {
    let Some(mean) = moments.mean() else {
        return "<span class=\"index\">–</span>".to_owned();
    };
    let class = match mean {
        m if m < -0.005 => "neg",
        m if m > 0.005 => "pos",
        _ => "mid",
    };
    let ends = moments.interval().map_or_else(
        || "one paragraph".to_owned(),
        |i| format!("{} to {}", signed(i.low), signed(i.high)),
    );
    format!(
        "<span class=\"index {class}\"><b>{}</b> <span>{ends}</span></span>",
        signed(mean)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_a_letter_a_word_and_a_count_of_those_between() {
        assert_eq!(encoded(&[0, 0, 3, -2, 0, 5, 0, 0]), "2cB1e");
        assert_eq!(encoded(&[2, 1, -1, 4]), "b2d");
        assert_eq!(encoded(&[0; 40]), "0");
        assert_eq!(encoded(&[-5]), "E");
    }

    #[test]
    fn the_script_makes_no_markup_of_strings() {
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            "Function(",
        ] {
            assert!(!SCRIPT.contains(way), "{way}");
        }
        assert!(!SCRIPT.contains("</"), "it would end the script early");
    }
}
