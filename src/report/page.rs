//! A page of the rule book for a terminal: the Markdown that the pages use, in colour and wrapped.

use std::io;

use anstyle::{AnsiColor, Effects};

use crate::diagnostics::Rule;

use super::Style;
use super::human::severity_style;

/// Widest line of text, for the eye.
const MAX_WIDTH: usize = 88;

/// Writes the page of a rule for a terminal.
pub fn write(rule: &Rule, out: &mut dyn io::Write, style: Style) -> io::Result<()> {
    let bold = anstyle::Style::new().bold();
    let severity = style.paint(severity_style(rule.severity), rule.severity.as_str());
    let code = style.paint(bold, rule.code);
    let code = rule
        .url()
        .map_or_else(|| code.clone(), |url| style.link(&url, &code));
    writeln!(out, "{severity} {code} {}", style.paint(bold, rule.name))?;
    for line in facts(rule) {
        writeln!(out, "{}", style.paint(dimmed(), &line))?;
    }
    writeln!(out)?;
    write_body(rule.body(), out, style)
}

/// Writes the page of a rule as Markdown, for pipes.
pub fn write_markdown(rule: &Rule, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "# {} {}\n", rule.code, rule.name)?;
    writeln!(out, "Severity: {}  ", rule.severity)?;
    for line in facts(rule) {
        writeln!(out, "{line}  ")?;
    }
    writeln!(out, "\n{}", rule.body().trim_end())
}

/// What the front matter says beside the severity, one line each.
fn facts(rule: &Rule) -> Vec<String> {
    let mut lines = Vec::new();
    if !rule.kinds.is_empty() {
        lines.push(format!("Reads: {}", rule.kinds.join(", ")));
    }
    if !rule.aliases.is_empty() {
        lines.push(format!("Also known as: {}", rule.aliases.join(", ")));
    }
    if !rule.symptoms.is_empty() {
        lines.push(format!("Symptoms: {}", rule.symptoms.join(", ")));
    }
    if !rule.on_by_default {
        lines.push(format!("Off by default: --select {}", rule.code));
    }
    lines
}

fn write_body(body: &str, out: &mut dyn io::Write, style: Style) -> io::Result<()> {
    let mut fence: Option<&str> = None;
    let mut paragraph = Paragraph::default();
    for line in body.lines() {
        let trimmed = line.trim_start();
        let marker = trimmed.trim_start_matches('`').len();
        let ticks = trimmed.get(..trimmed.len() - marker).unwrap_or_default();
        if let Some(open) = fence {
            if ticks == open && marker == 0 {
                fence = None;
            } else if line.is_empty() {
                writeln!(out)?;
            } else {
                writeln!(out, "    {}", code_line(line, style))?;
            }
        } else if ticks.len() >= 3 {
            paragraph.flush(out, style)?;
            fence = Some(ticks);
        } else if line.trim().is_empty() {
            paragraph.flush(out, style)?;
            writeln!(out)?;
        } else if trimmed.starts_with('#') {
            paragraph.flush(out, style)?;
            let heading = trimmed.trim_start_matches('#').trim();
            let look = anstyle::Style::new().effects(Effects::BOLD | Effects::UNDERLINE);
            writeln!(out, "{}", style.paint(look, heading))?;
        } else if trimmed.starts_with('|') {
            paragraph.flush(out, style)?;
            writeln!(out, "{}", inline(line, style))?;
        } else {
            if list_marker(line).is_some() {
                paragraph.flush(out, style)?;
            }
            paragraph.push(line);
        }
    }
    paragraph.flush(out, style)
}

/// Lines that are wrapped together.
#[derive(Default)]
struct Paragraph {
    text: String,
    first_indent: String,
    indent: String,
}

impl Paragraph {
    fn push(&mut self, line: &str) {
        if self.text.is_empty() {
            let indent = list_marker(line).unwrap_or_default();
            let (marker, rest) = line.split_at(indent);
            marker.clone_into(&mut self.first_indent);
            self.indent = " ".repeat(indent);
            rest.trim().clone_into(&mut self.text);
        } else {
            self.text.push(' ');
            self.text.push_str(line.trim());
        }
    }

    fn flush(&mut self, out: &mut dyn io::Write, style: Style) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let options = textwrap::Options::new(style.width.min(MAX_WIDTH))
            .initial_indent(&self.first_indent)
            .subsequent_indent(&self.indent)
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        let text = textwrap::fill(&inline(&self.text, style), options);
        *self = Self::default();
        writeln!(out, "{text}")
    }
}

/// The length of `- `, `* ` or `1. ` with the spaces before it.
fn list_marker(line: &str) -> Option<usize> {
    let text = line.trim_start();
    let rest = match text.trim_start_matches(|c: char| c.is_ascii_digit()) {
        rest if rest.len() < text.len() => rest.strip_prefix(". "),
        _ => text.strip_prefix("- ").or_else(|| text.strip_prefix("* ")),
    }?;
    Some(line.len() - rest.len())
}

/// A line of code, its comment set apart.
fn code_line(line: &str, style: Style) -> String {
    let comment = if line.trim_start().starts_with('#') {
        Some(0)
    } else {
        line.find(" #").map(|at| at + 1)
    };
    let (code, comment) = line.split_at(comment.unwrap_or(line.len()));
    if comment.is_empty() {
        return code.to_owned();
    }
    format!("{code}{}", style.paint(dimmed(), comment))
}

fn dimmed() -> anstyle::Style {
    anstyle::Style::new().dimmed()
}

/// Text with its code, emphasis and links. Without colours code keeps its backticks.
fn inline(text: &str, style: Style) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (shown, after) = code_span(from, style)
            .or_else(|| strong(from, style))
            .or_else(|| link(from, style))
            .unwrap_or_else(|| {
                let (first, after) = from.split_at(1);
                (first.to_owned(), after)
            });
        out.push_str(&shown);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn code_span(text: &str, style: Style) -> Option<(String, &str)> {
    let (code, after) = text.strip_prefix('`')?.split_once('`')?;
    let look = anstyle::Style::new().fg_color(Some(AnsiColor::Cyan.into()));
    let shown = if style.color {
        style.paint(look, code)
    } else {
        format!("`{code}`")
    };
    Some((shown, after))
}

fn strong(text: &str, style: Style) -> Option<(String, &str)> {
    let (words, after) = text.strip_prefix("**")?.split_once("**")?;
    let look = anstyle::Style::new().bold();
    Some((style.paint(look, &inline(words, style)), after))
}

fn link(text: &str, style: Style) -> Option<(String, &str)> {
    let (words, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (url, after) = rest.split_once(')')?;
    if words.contains(['[', ']']) {
        return None;
    }
    let shown = inline(words, style);
    if style.links {
        Some((style.link(url, &shown), after))
    } else if words == url {
        Some((url.to_owned(), after))
    } else {
        Some((format!("{shown} ({url})"), after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(body: &str, width: usize) -> String {
        let mut out = Vec::new();
        let style = Style {
            width,
            ..Style::PLAIN
        };
        let _ = write_body(body, &mut out, style);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn paragraphs_wrap_and_code_does_not() {
        let body = "one two three\nfour\n\n```yaml\nkey: a very long value that stays\n```\n";
        assert_eq!(
            rendered(body, 10),
            "one two\nthree four\n\n    key: a very long value that stays\n"
        );
    }

    #[test]
    fn list_items_hang_below_their_marker() {
        assert_eq!(
            rendered("- one two three\n- **four**\n10. ten", 10),
            "- one two\n  three\n- four\n10. ten\n"
        );
    }

    #[test]
    fn links_show_their_target() {
        assert_eq!(
            rendered("see [the page](https://a.b/c) or `x[0]`", 80),
            "see the page (https://a.b/c) or `x[0]`\n"
        );
    }
}
