//! The report for people: each finding with its excerpt of source by miette, then the summary.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io;

use anstyle::AnsiColor;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use rayon::prelude::*;

use crate::diagnostics::{Code, Diagnostic, Report, Rule, Severity};

use super::excerpt::Excerpts;
use super::text::printable;
use super::{Style, across, compact, summary};

/// Findings that are rendered before any of them is written.
const BATCH: usize = 2048;

/// What to show.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// What the terminal is capable of.
    pub style: Style,
    /// Counts per code in place of the findings.
    pub statistics: bool,
    /// Whether the summary follows.
    pub summary: bool,
    /// Names each thing that was not checked, and says how to suppress each finding.
    pub verbose: bool,
    /// Infos that are shown one by one; the others are counted.
    pub infos: Infos<'a>,
}

/// Infos that are shown one by one.
#[derive(Debug, Clone, Copy)]
pub enum Infos<'a> {
    /// Every one.
    All,
    /// Those of these codes.
    Of(&'a [Code]),
}

impl Infos<'_> {
    /// Whether the finding is shown rather than counted.
    fn show(self, finding: &Diagnostic) -> bool {
        finding.severity > Severity::Info
            || match self {
                Self::All => true,
                Self::Of(codes) => codes.iter().any(|code| {
                    let code = code.as_str();
                    code == finding.rule.code || finding.aliases.contains(&code)
                }),
            }
    }
}

/// Writes the findings and the summary.
pub fn write(report: &Report, out: &mut dyn io::Write, options: &Options<'_>) -> io::Result<()> {
    if options.statistics {
        summary::write_statistics(report, out)?;
    } else {
        write_findings(report, out, options)?;
        write_folded(report, out, options)?;
    }
    if options.summary {
        if options.statistics && !report.findings.is_empty() {
            writeln!(out)?;
        }
        write_summary(report, out, options)?;
    }
    Ok(())
}

fn write_findings(
    report: &Report,
    out: &mut dyn io::Write,
    options: &Options<'_>,
) -> io::Result<()> {
    for batch in report.findings.chunks(BATCH) {
        let texts: Vec<String> = batch
            .par_iter()
            .filter(|finding| options.infos.show(finding))
            .map(|finding| render(report, finding, options))
            .collect();
        for text in texts {
            writeln!(out, "{text}")?;
        }
    }
    Ok(())
}

/// One finding, ending with a line break.
fn render(report: &Report, finding: &Diagnostic, options: &Options<'_>) -> String {
    let style = options.style;
    let view = View::new(report, finding, style);
    let mut text = String::new();
    let mut text = match view.handler(style).render_report(&mut text, &view) {
        Ok(()) => trimmed(&text),
        Err(fmt::Error) => compact::line(report, finding) + "\n",
    };
    if let Some(suppression) = finding.suppression().filter(|_| options.verbose) {
        // Not wrapped, so that it can be copied.
        let _ = writeln!(text, "  --suppress '{}'", printable(&suppression));
    }
    text
}

/// One line for each code whose infos are not shown one by one, most frequent first.
fn write_folded(report: &Report, out: &mut dyn io::Write, options: &Options<'_>) -> io::Result<()> {
    let style = options.style;
    let folded = || report.findings.iter().filter(|f| !options.infos.show(f));
    let mut counts = BTreeMap::<_, (&Rule, usize)>::new();
    for finding in folded().filter(|finding| finding.unproven.is_none()) {
        let rule = finding.rule;
        counts.entry(rule.code).or_insert((rule, 0)).1 += 1;
    }
    let mut rows: Vec<_> = counts.into_values().collect();
    rows.sort_by_key(|&(rule, n)| (Reverse(n), rule.code));
    let times = if style.unicode { '×' } else { 'x' };
    for (rule, n) in rows {
        let code = style.paint(severity_style(Severity::Info), rule.code);
        let title = format!("{n} {times} {code} {}: ", rule.name);
        write_note(out, style, &title, rule.message)?;
    }
    let mut codes: Vec<_> = folded()
        .filter(|finding| finding.unproven.is_some())
        .map(|finding| finding.rule.code)
        .collect();
    let n = codes.len();
    codes.sort_unstable();
    codes.dedup();
    if n > 0 {
        let of = codes.join(", ");
        write_note(out, style, "not proven: ", &summary::ways_out(n, Some(&of)))?;
    }
    if folded().next().is_some() {
        let dimmed = anstyle::Style::new().dimmed();
        writeln!(
            out,
            "{}",
            style.paint(dimmed, "--verbose shows these infos one by one")
        )?;
        if options.summary {
            writeln!(out)?;
        }
    }
    Ok(())
}

/// The text without blanks at the ends of its lines, which miette leaves on empty lines of a help.
fn trimmed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A finding as miette wants it.
#[derive(Debug)]
struct View {
    code: String,
    name: String,
    url: Option<String>,
    severity: Severity,
    message: String,
    reason: Option<Reason>,
    help: Option<String>,
    excerpts: Excerpts,
}

/// Why a finding is only an info; miette shows it as the cause below the message.
#[derive(Debug, thiserror::Error)]
#[error("not proven: {0}")]
struct Reason(String);

impl View {
    fn new(report: &Report, finding: &Diagnostic, style: Style) -> Self {
        let excerpts = Excerpts::new(report, finding, style.width, style.unicode);
        let rule = finding.rule;
        let mut name = rule.name.to_owned();
        if !finding.aliases.is_empty() {
            let _ = write!(name, " (also {})", finding.aliases.join(", "));
        }
        let mut help = finding
            .help
            .as_deref()
            .or(finding.fix.as_ref().map(|fix| &*fix.description))
            .map(|help| printable(help).into_owned());
        if excerpts.omitted > 0 {
            let more = summary::count(excerpts.omitted, "related place");
            let more = format!("{more} more in the reports `json` and `sarif`");
            help = Some(help.map_or_else(|| more.clone(), |help| format!("{help}\n{more}")));
        }
        let chain = across::chain(report, finding);
        if !chain.is_empty() {
            let chain = printable(&chain.join("\n")).into_owned();
            help = Some(help.map_or_else(|| chain.clone(), |help| format!("{help}\n{chain}")));
        }
        let mut message = printable(&finding.message).into_owned();
        if let Some(worlds) = across::worlds(finding) {
            let _ = write!(message, ", {}", printable(&worlds));
        }
        Self {
            code: format!("{}[{}]", finding.severity, rule.code),
            name,
            url: rule.url().filter(|_| style.links),
            severity: finding.severity,
            message,
            reason: finding
                .unproven
                .as_deref()
                .map(|reason| Reason(printable(reason).into_owned())),
            help,
            excerpts,
        }
    }

    /// The handler for this finding: its own place in the colour of its severity, related places
    /// in that of help.
    fn handler(&self, style: Style) -> GraphicalReportHandler {
        let mut theme = match (style.unicode, style.color) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, true) => GraphicalTheme::ascii(),
            (false, false) => GraphicalTheme::none(),
        };
        let own = match self.severity {
            Severity::Error => theme.styles.error,
            Severity::Warning => theme.styles.warning,
            Severity::Info => theme.styles.advice,
        };
        if style.color && !self.excerpts.labels.is_empty() {
            let styles = self.excerpts.labels.iter();
            theme.styles.highlights = styles
                .map(|label| {
                    if label.primary() {
                        own
                    } else {
                        theme.styles.help
                    }
                })
                .collect();
        }
        GraphicalReportHandler::new_themed(theme)
            .with_width(style.width)
            .with_context_lines(1)
            .tab_width(2)
            .with_urls(self.url.is_some())
            .with_link_display_text(self.name.as_str())
            .without_syntax_highlighting()
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for View {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.reason.as_ref().map(|reason| reason as _)
    }
}

impl miette::Diagnostic for View {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        // With a link miette writes the name itself, as the text of the link.
        Some(match self.url() {
            Some(_) => Box::new(&self.code),
            None => Box::new(format!("{} {}", self.code, self.name)),
        })
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpts)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = &self.excerpts.labels;
        (!labels.is_empty()).then(|| Box::new(labels.iter().cloned()) as _)
    }
}

fn write_summary(
    report: &Report,
    out: &mut dyn io::Write,
    options: &Options<'_>,
) -> io::Result<()> {
    let Options { style, verbose, .. } = *options;
    let bold = anstyle::Style::new().bold();
    let dimmed = anstyle::Style::new().dimmed();
    let numbers = &report.summary;
    let mut parts: Vec<_> = summary::found(numbers)
        .into_iter()
        .map(|(severity, text)| style.paint(severity_style(severity), &text))
        .collect();
    if parts.is_empty() {
        let color = if numbers.objects == 0 {
            AnsiColor::Yellow
        } else {
            AnsiColor::Green
        };
        let look = anstyle::Style::new().bold().fg_color(Some(color.into()));
        parts.push(style.paint(look, summary::nothing_found(numbers)));
    }
    if numbers.suppressed > 0 {
        parts.push(format!("{} suppressed", numbers.suppressed));
    }
    let checked = style.paint(bold, &summary::checked(numbers));
    write_note(out, style, &format!("{checked}: "), &parts.join(", "))?;

    if let Some(text) = summary::worlds(report) {
        write_note(out, style, "worlds: ", &text)?;
    }
    if let Some(mut text) = summary::not_checked(numbers) {
        if !verbose {
            text.push_str(" (--verbose names them)");
        }
        write_note(out, style, "not checked: ", &text)?;
        for skipped in numbers.skipped.iter().filter(|_| verbose) {
            writeln!(out, "  {}:", skipped.reason)?;
            for what in &skipped.what {
                writeln!(out, "    {}", printable(what))?;
            }
        }
    }
    let unproven = report.findings.iter().filter(|f| f.unproven.is_some());
    let shown = unproven.filter(|f| options.statistics || options.infos.show(f));
    let n = shown.count();
    if n > 0 {
        write_note(out, style, "not proven: ", &summary::ways_out(n, None))?;
    }
    if let Some(finding) = report.findings.first() {
        let hint = format!("more about a code: meshlint explain {}", finding.rule.code);
        writeln!(out, "{}", style.paint(dimmed, &hint))?;
    }
    Ok(())
}

/// A paragraph of the summary, wrapped below its title.
fn write_note(out: &mut dyn io::Write, style: Style, title: &str, text: &str) -> io::Result<()> {
    let wrap = textwrap::Options::new(style.width)
        .initial_indent(title)
        .subsequent_indent("  ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    writeln!(out, "{}", textwrap::fill(text, wrap))
}

/// The colour of a severity's word.
pub fn severity_style(severity: Severity) -> anstyle::Style {
    let color = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Info => AnsiColor::Cyan,
    };
    anstyle::Style::new().bold().fg_color(Some(color.into()))
}
