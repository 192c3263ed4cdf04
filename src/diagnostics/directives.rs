//! Comments that take findings away: `# meshlint: ignore[KIA1101] reason`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::code::Code;
use super::fix::Applicability;
use super::pipeline::Filter;
use super::report::{Diagnostic, LocatedEdit, LocatedFix, Location, Position, ReportFile};
use super::suppress::{Suppressed, SuppressedBy};
use crate::input::LineIndex;
use crate::load::{ADDRESS, Comment};
use crate::yaml::Span;
use crate::yaml::edit::EditKind;

/// What is asked of comments that take findings away.
#[derive(Debug, Clone, Copy)]
pub struct CommentRules {
    /// Each must give a reason.
    pub require_reason: bool,
    /// Those that take nothing away are reported.
    pub report_unused: bool,
}

impl Default for CommentRules {
    fn default() -> Self {
        Self {
            require_reason: false,
            report_unused: true,
        }
    }
}

/// A file with comments that speak to meshlint.
#[derive(Debug, Clone, Copy)]
pub struct Commented<'c> {
    /// The path as reports show it.
    pub path: &'c str,
    /// The comments.
    pub comments: &'c [Comment],
    /// Whether those that take nothing away may be told: all that they speak of was looked at.
    pub is_whole: bool,
}

/// What a directive says.
#[derive(Debug, PartialEq, Eq)]
struct Said<'t> {
    is_of_file: bool,
    /// The codes with their places in the comment.
    words: Vec<(usize, &'t str)>,
    reason: &'t str,
}

/// A code of a directive.
#[derive(Debug)]
struct Word {
    file: usize,
    /// Where the word stands in the file.
    span: Span,
    /// The directive that it is part of.
    directive: usize,
    text: String,
    codes: Vec<Code>,
    covers: Option<Span>,
    reason: String,
    is_used: bool,
}

/// The directives of a run.
#[derive(Debug, Default)]
pub(super) struct Directives {
    paths: Vec<String>,
    is_whole: Vec<bool>,
    words: Vec<Word>,
    /// The place of each directive in its file, and of the comment from it on.
    spans: Vec<Span>,
    /// What does not fit: the file, the place, and why.
    invalid: Vec<(usize, Span, String)>,
}

impl Directives {
    /// Reads the directives of files.
    pub(super) fn read<'c>(
        files: impl IntoIterator<Item = Commented<'c>>,
        rules: CommentRules,
    ) -> Self {
        let mut directives = Self::default();
        for file in files {
            let number = directives.paths.len();
            directives.paths.push(file.path.to_owned());
            directives.is_whole.push(file.is_whole);
            for comment in file.comments {
                directives.add(number, comment, rules);
            }
        }
        directives
    }

    fn add(&mut self, file: usize, comment: &Comment, rules: CommentRules) {
        for (start, text) in addressed(&comment.text) {
            let from = |at: usize| {
                let at = u32::try_from(start + at).unwrap_or(u32::MAX);
                comment.span.start.saturating_add(at)
            };
            let span = Span {
                start: from(0),
                end: from(text.trim_end().len()),
            };
            let checked = parse(text).and_then(|said| {
                if said.is_of_file && !comment.is_head {
                    return Err("ignore-file counts at the top of a file alone".to_owned());
                }
                if rules.require_reason && said.reason.is_empty() {
                    return Err("the configuration wants a reason behind the codes".to_owned());
                }
                let codes = said.words.iter().map(|(_, word)| codes_of(word));
                let codes: Result<Vec<Vec<Code>>, String> = codes.collect();
                Ok((codes?, said))
            });
            let (codes, said) = match checked {
                Ok(checked) => checked,
                Err(why) => {
                    self.invalid.push((file, span, why));
                    continue;
                }
            };
            let directive = self.spans.len();
            self.spans.push(span);
            let covers = if said.is_of_file {
                Some(Span {
                    start: 0,
                    end: u32::MAX,
                })
            } else {
                comment.covers
            };
            for ((at, word), codes) in said.words.iter().zip(codes) {
                self.words.push(Word {
                    file,
                    span: Span {
                        start: from(*at),
                        end: from(at + word.len()),
                    },
                    directive,
                    text: (*word).to_owned(),
                    codes,
                    covers,
                    reason: said.reason.to_owned(),
                    is_used: false,
                });
            }
        }
    }

    /// Marks the findings that directives take away: those that stand, or whose value comes from, in
    /// a node that a directive covers.
    pub(super) fn apply(&mut self, findings: &mut [Diagnostic], files: &[ReportFile]) {
        let numbers: FxHashMap<&str, usize> = (0..)
            .zip(&self.paths)
            .map(|(number, path)| (path.as_str(), number))
            .collect();
        let mut events: BTreeMap<usize, Vec<Event>> = BTreeMap::new();
        for (index, word) in self.words.iter().enumerate() {
            if let Some(covers) = word.covers {
                let events = events.entry(word.file).or_default();
                events.push(Event::begin(covers.start, index));
                events.push(Event::end(covers.end, index));
            }
        }
        if events.is_empty() {
            return;
        }
        for (index, finding) in findings.iter().enumerate() {
            let places = finding.origin.iter().map(|step| step.location);
            for place in finding.location.into_iter().chain(places) {
                let file = files.get(place.file as usize);
                let number = file.and_then(|file| numbers.get(file.path.as_str()));
                if let Some(events) = number.and_then(|number| events.get_mut(number)) {
                    events.push(Event::place(place.start.offset, index));
                }
            }
        }
        for events in events.values_mut() {
            events.sort_unstable();
            self.sweep(events, findings);
        }
    }

    /// Goes through the places of one file.
    fn sweep(&mut self, events: &[Event], findings: &mut [Diagnostic]) {
        let mut active: FxHashMap<Code, Active> = FxHashMap::default();
        for event in events {
            match event.what {
                What::Begin => {
                    let word = self.words.get(event.index);
                    for code in word.map_or(&[][..], |word| &word.codes) {
                        let active = active.entry(*code).or_default();
                        active.count += 1;
                        active.unused.push(event.index);
                        active.latest = event.index;
                    }
                }
                What::End => {
                    let word = self.words.get(event.index);
                    for code in word.map_or(&[][..], |word| &word.codes) {
                        if let Some(active) = active.get_mut(code) {
                            active.count -= 1;
                            active.unused.retain(|index| *index != event.index);
                        }
                    }
                }
                What::Place => {
                    let Some(finding) = findings.get_mut(event.index) else {
                        continue;
                    };
                    let aliases = finding
                        .aliases
                        .iter()
                        .filter_map(|alias| alias.parse().ok());
                    let own = finding.rule.code.parse::<Code>().ok();
                    let codes: Vec<Code> = own.into_iter().chain(aliases).collect();
                    for code in codes {
                        let Some(active) = active.get_mut(&code).filter(|a| a.count > 0) else {
                            continue;
                        };
                        for index in active.unused.drain(..) {
                            if let Some(word) = self.words.get_mut(index) {
                                word.is_used = true;
                            }
                        }
                        let reason = self.words.get(active.latest).map(|word| &word.reason);
                        finding.suppressed.get_or_insert_with(|| Suppressed {
                            by: SuppressedBy::Comment,
                            reason: reason.cloned().filter(|reason| !reason.is_empty()),
                        });
                    }
                }
            }
        }
    }

    /// What is to be said of the directives themselves. `text` gives the text of a file.
    pub(super) fn findings(
        &self,
        filter: &Filter,
        rules: CommentRules,
        files: &mut Vec<ReportFile>,
        text: impl Fn(&str) -> Option<ReportFile>,
    ) -> Vec<Diagnostic> {
        let mut places = FilePlaces {
            files,
            text,
            indices: FxHashMap::default(),
        };
        let mut found = Vec::new();
        if filter.wants(Code::MESH0301) {
            for (file, span, why) in &self.invalid {
                let message = format!("this comment suppresses nothing: {why}");
                let mut finding = Diagnostic::in_file(Code::MESH0301, message);
                finding.help = Some("write # meshlint: ignore[CODE] reason".to_owned());
                finding.location = self.place(*file, *span, &mut places);
                found.push(finding);
            }
        }
        if !rules.report_unused || !filter.wants(Code::MESH0302) {
            return found;
        }
        for word in self.words.iter().filter(|word| !word.is_used) {
            let is_whole = self.is_whole.get(word.file) == Some(&true);
            if is_whole && word.codes.iter().any(|code| filter.wants(*code)) {
                found.push(self.unused(word, &mut places));
            }
        }
        found
    }

    fn place<F: Fn(&str) -> Option<ReportFile>>(
        &self,
        file: usize,
        span: Span,
        places: &mut FilePlaces<'_, F>,
    ) -> Option<Location> {
        places.location(self.paths.get(file)?, span)
    }

    fn unused<F: Fn(&str) -> Option<ReportFile>>(
        &self,
        word: &Word,
        places: &mut FilePlaces<'_, F>,
    ) -> Diagnostic {
        let message = format!("{} suppresses nothing here", word.text);
        let mut finding = Diagnostic::in_file(Code::MESH0302, message);
        finding.help = Some("remove it; what it was to hide is not found any more".to_owned());
        finding.location = self.place(word.file, word.span, places);
        let mut words = self.words.iter();
        let others = words.any(|other| other.directive == word.directive && other.is_used);
        let text = finding
            .location
            .and_then(|location| places.files.get(location.file as usize))
            .map(|file| std::sync::Arc::clone(&file.text));
        let (Some(text), Some(directive)) = (text, self.spans.get(word.directive)) else {
            return finding;
        };
        let span = if others {
            without_word(&text, word.span)
        } else {
            without_directive(&text, *directive)
        };
        let location = self.place(word.file, span, places);
        finding.fix = location.map(|location| LocatedFix {
            description: if others {
                format!("remove {}", word.text)
            } else {
                "remove the comment".to_owned()
            },
            applicability: Applicability::Safe,
            edits: vec![LocatedEdit {
                kind: EditKind::Remove,
                location,
                replacement: String::new(),
            }],
        });
        finding
    }
}

/// The words in force at some place.
#[derive(Default)]
struct Active {
    count: usize,
    /// Those that took nothing away so far.
    unused: Vec<usize>,
    latest: usize,
}

/// Something at a byte of a file. Where several meet, nodes end before others begin, and those begin
/// before what stands in them.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: u32,
    what: What,
    index: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    End,
    Begin,
    Place,
}

impl Event {
    fn begin(at: u32, index: usize) -> Self {
        let what = What::Begin;
        Self { at, what, index }
    }

    fn end(at: u32, index: usize) -> Self {
        let what = What::End;
        Self { at, what, index }
    }

    fn place(at: u32, index: usize) -> Self {
        let what = What::Place;
        Self { at, what, index }
    }
}

/// Places in files of the report, to which files are added as they are needed.
struct FilePlaces<'f, F> {
    files: &'f mut Vec<ReportFile>,
    text: F,
    indices: FxHashMap<String, Option<(u32, LineIndex)>>,
}

impl<F: Fn(&str) -> Option<ReportFile>> FilePlaces<'_, F> {
    fn location(&mut self, path: &str, span: Span) -> Option<Location> {
        if !self.indices.contains_key(path) {
            let known = self.files.iter().position(|file| file.path == path);
            let index = known.or_else(|| {
                self.files.push((self.text)(path)?);
                Some(self.files.len() - 1)
            });
            let entry = index.and_then(|index| {
                let lines = LineIndex::new(&self.files.get(index)?.text);
                Some((u32::try_from(index).ok()?, lines))
            });
            self.indices.insert(path.to_owned(), entry);
        }
        let (file, lines) = self.indices.get(path)?.as_ref()?;
        let text = &self.files.get(*file as usize)?.text;
        let position = |offset: u32| {
            let place = lines.line_column(text, offset as usize);
            Position {
                line: place.line,
                column: place.column,
                offset,
            }
        };
        Some(Location {
            file: *file,
            start: position(span.start),
            end: position(span.end),
        })
    }
}

/// The parts of a comment that speak to meshlint, each behind a `#`, with their places in it.
fn addressed(comment: &str) -> Vec<(usize, &str)> {
    let mut starts: Vec<usize> = Vec::new();
    for (hash, _) in comment.match_indices('#') {
        let rest = comment.get(hash + 1..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        if rest.trim_start().starts_with(ADDRESS) {
            starts.push(hash + 1 + blank);
        }
    }
    let ends = starts.iter().skip(1).map(|next| {
        let before = comment.get(..*next).unwrap_or_default();
        before.rfind('#').unwrap_or(*next)
    });
    let ends: Vec<usize> = ends.chain([comment.len()]).collect();
    starts
        .into_iter()
        .zip(ends)
        .filter_map(|(start, end)| Some((start, comment.get(start..end)?)))
        .collect()
}

/// Reads what stands from `meshlint:` on.
fn parse(text: &str) -> Result<Said<'_>, String> {
    let at = |rest: &str| text.len() - rest.len();
    let rest = text.strip_prefix(ADDRESS).unwrap_or(text).trim_start();
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(rest.len());
    let (keyword, rest) = rest.split_at(end);
    let is_of_file = match keyword {
        "ignore" => false,
        "ignore-file" => true,
        other => return Err(format!("{other:?} is neither ignore nor ignore-file")),
    };
    let Some(rest) = rest.trim_start().strip_prefix('[') else {
        return Err(format!("{keyword} names no rule in brackets"));
    };
    let Some((list, reason)) = rest.split_once(']') else {
        return Err("the list of rules has no end".to_owned());
    };
    if !reason.is_empty() && !reason.starts_with(char::is_whitespace) {
        return Err("a blank is missing between the rules and the reason".to_owned());
    }
    let mut words = Vec::new();
    let mut start = at(rest);
    for word in list.split(',') {
        let blank = word.len() - word.trim_start().len();
        words.push((start + blank, word.trim()));
        start += word.len() + 1;
    }
    Ok(Said {
        is_of_file,
        words,
        reason: reason.trim(),
    })
}

/// The codes that a word of a list stands for.
pub(super) fn codes_of(word: &str) -> Result<Vec<Code>, String> {
    if word.is_empty() {
        return Err("the list of rules lacks a name".to_owned());
    }
    let codes = if word.eq_ignore_ascii_case("all") {
        Vec::new()
    } else {
        Code::matching(word)
    };
    if codes.is_empty() {
        return Err(Code::unknown(word));
    }
    Ok(codes)
}

/// The range that takes a code out of a list, with one of the commas around it.
fn without_word(text: &str, word: Span) -> Span {
    let before = text.get(..word.start as usize).unwrap_or_default();
    let after = text.get(word.end as usize..).unwrap_or_default();
    let blank = |text: &str, trimmed: &str| u32::try_from(text.len() - trimmed.len()).unwrap_or(0);
    if let Some(rest) = after.trim_start().strip_prefix(',') {
        let rest = rest.trim_start_matches(' ');
        return Span {
            start: word.start,
            end: word.end + blank(after, rest),
        };
    }
    let rest = before.trim_end().trim_end_matches(',');
    Span {
        start: word.start - blank(before, rest),
        end: word.end,
    }
}

/// The range that takes a directive away: with the `#` before it, and with its line where nothing
/// else stands on that.
fn without_directive(text: &str, directive: Span) -> Span {
    let before = text.get(..directive.start as usize).unwrap_or_default();
    let hash = before.rfind('#').unwrap_or(before.len());
    let before = before.get(..hash).unwrap_or_default();
    let blank = before.trim_end_matches([' ', '\t']);
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let after = text.get(directive.end as usize..).unwrap_or_default();
    let line_end = after.find('\n').map(|at| at + 1);
    let is_alone = blank.is_empty() || blank.ends_with('\n');
    let ends = after
        .lines()
        .next()
        .is_none_or(|rest| rest.trim().is_empty());
    if is_alone && ends {
        return Span {
            start: number(blank.len()),
            end: number(directive.end as usize + line_end.unwrap_or(after.len())),
        };
    }
    Span {
        start: number(blank.len()),
        end: directive.end,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_directive_names_rules_in_brackets() {
        let said = parse("meshlint: ignore[ KIA1101 , route-host-unknown ] next week").unwrap();
        assert_eq!(said.words, [(18, "KIA1101"), (28, "route-host-unknown")]);
        assert_eq!(said.reason, "next week");
        assert!(parse("meshlint:ignore-file[KIA]").unwrap().is_of_file);
        for wrong in [
            "meshlint:",
            "meshlint: ignore",
            "meshlint: ignore all of it",
            "meshlint: ignore[KIA1101",
            "meshlint: ignore[KIA1101]because",
            "meshlint: disable[KIA1101]",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rules_are_known_by_code_name_and_prefix_in_any_case() {
        for word in ["KIA1101", "kia1101", "Route-Host-Unknown", "kia11"] {
            assert!(codes_of(word).is_ok(), "{word}");
        }
        for word in ["", "KIA9999", "ALL"] {
            assert!(codes_of(word).is_err(), "{word}");
        }
    }

    #[test]
    fn directives_stand_behind_any_hash() {
        let text = "# see the ticket # meshlint: ignore[A] x #meshlint:ignore[B]";
        let found: Vec<&str> = addressed(text).into_iter().map(|(_, text)| text).collect();
        assert_eq!(found, ["meshlint: ignore[A] x ", "meshlint:ignore[B]"]);
        assert!(addressed("# about meshlint: ignore[A]").is_empty());
    }

    fn cut(text: &str, span: Span) -> String {
        let (before, _) = text.split_at(span.start as usize);
        let (_, after) = text.split_at(span.end as usize);
        format!("{before}{after}")
    }

    fn span(text: &str, part: &str) -> Span {
        let start = u32::try_from(text.find(part).unwrap()).unwrap();
        let end = start + u32::try_from(part.len()).unwrap();
        Span { start, end }
    }

    #[test]
    fn removal_leaves_no_trace() {
        let list = "# meshlint: ignore[A, B, C] x";
        assert_eq!(
            cut(list, without_word(list, span(list, "A"))),
            "# meshlint: ignore[B, C] x"
        );
        assert_eq!(
            cut(list, without_word(list, span(list, "C"))),
            "# meshlint: ignore[A, B] x"
        );

        let whole = |text: &str| {
            let directive = span(text, "meshlint: ignore[A] x");
            cut(text, without_directive(text, directive))
        };
        assert_eq!(
            whole("a: 1 # meshlint: ignore[A] x\nb: 2\n"),
            "a: 1\nb: 2\n"
        );
        assert_eq!(
            whole("a: 1\n  # meshlint: ignore[A] x\nb: 2\n"),
            "a: 1\nb: 2\n"
        );
        assert_eq!(
            whole("# why # meshlint: ignore[A] x\nb: 2\n"),
            "# why\nb: 2\n"
        );
        assert_eq!(whole("b: 2\n# meshlint: ignore[A] x"), "b: 2\n");
    }
}
