//! SARIF 2.1.0 as GitHub code scanning reads it.
//!
//! <https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use rustc_hash::FxHashMap;
use serde_json::json;
use serde_sarif::sarif::{
    self, ArtifactChange, ArtifactContent, ArtifactLocation, Fix, Invocation, LogicalLocation,
    Message, MultiformatMessageString, Notification, PhysicalLocation, PropertyBag, Region,
    Replacement, ReportingConfiguration, ReportingDescriptor, ResultColumnKind, ResultLevel, Run,
    RunAutomationDetails, Sarif, Suppression, Tool, ToolComponent,
};

use crate::diagnostics::{
    Applicability, Diagnostic, LocatedFix, Location, ObjectRef, Report, Rule, Severity,
};

use super::fingerprint::line_hashes;
use super::text::{cut, truncated};
use super::{Base, across, is_about_security, summary};

/// GitHub rejects a run with more results.
pub const MAX_RESULTS: usize = 25_000;
/// The longest description of a rule, in bytes.
const MAX_DESCRIPTION: usize = 1024;
/// The longest source text that is quoted.
const MAX_SNIPPET: usize = 200;

/// What the report needs to know beside the findings.
#[derive(Debug, Clone)]
pub struct Options {
    /// The rules that were active, whether or not they found anything.
    pub rules: Vec<&'static Rule>,
    /// What paths are relative to.
    pub base: Base,
    /// The most results to write, normally [`MAX_RESULTS`]; the gravest are kept.
    pub max_results: usize,
    /// Whether suppressed findings are written too, as such.
    pub suppressed: bool,
}

/// Writes the log as one document on one line.
pub fn write(report: &Report, out: &mut dyn io::Write, options: &Options) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &log(report, options))?;
    writeln!(out)
}

fn log(report: &Report, options: &Options) -> Sarif {
    let mut rules = options.rules.clone();
    let hidden = report.hidden.iter().filter(|_| options.suppressed);
    let mut findings: Vec<&Diagnostic> = report.findings.iter().chain(hidden).collect();
    rules.extend(findings.iter().map(|finding| finding.rule));
    rules.sort_by_key(|rule| rule.code);
    rules.dedup_by_key(|rule| rule.code);
    let builder = Builder {
        report,
        base: &options.base,
        rules: rules.iter().zip(0..).map(|(r, i)| (r.code, i)).collect(),
    };

    let mut notifications = Vec::new();
    if let Some(excess) = findings.len().checked_sub(options.max_results + 1) {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings.truncate(options.max_results);
        let text = format!(
            "{} left out: code scanning takes {} results of a run",
            summary::count(excess + 1, "finding"),
            options.max_results
        );
        notifications.push(
            Notification::builder()
                .message(Message::builder().text(text).build())
                .level(json!("warning"))
                .build(),
        );
    }

    let driver = ToolComponent::builder()
        .name("meshlint")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .short_description(text(env!("CARGO_PKG_DESCRIPTION")))
        .rules(rules.into_iter().map(descriptor).collect::<Vec<_>>())
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(json!(ResultColumnKind::UnicodeCodePoints))
        .automation_details(RunAutomationDetails::builder().id("meshlint/").build())
        .invocations(vec![
            Invocation::builder()
                .execution_successful(true)
                .tool_execution_notifications(notifications)
                .build(),
        ])
        .results(builder.results(&findings))
        .build();
    Sarif::builder()
        .schema("https://json.schemastore.org/sarif-2.1.0.json")
        .version(json!("2.1.0"))
        .runs(vec![run])
        .build()
}

/// A rule, its page as help.
fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let mut tags = vec!["istio".to_owned()];
    tags.extend(rule.kinds.iter().take(9).map(|kind| kind.to_lowercase()));
    let mut properties = BTreeMap::from([
        ("precision".to_owned(), json!("high")),
        (
            "problem.severity".to_owned(),
            json!(match rule.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "recommendation",
            }),
        ),
    ]);
    if is_about_security(rule) {
        // A string: GitHub reads numbers from 0.1 to 10.0 as low, medium, high and critical.
        let grade = match rule.severity {
            Severity::Error => "7.0",
            Severity::Warning => "5.0",
            Severity::Info => "3.0",
        };
        properties.insert("security-severity".to_owned(), json!(grade));
    }
    let page = match rule.body() {
        "" => rule.message,
        page => page,
    };
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.code)
        .name(pascal_case(rule.name))
        .short_description(text(rule.message))
        .full_description(text(first_paragraph(page).unwrap_or(rule.message)))
        .help(
            MultiformatMessageString::builder()
                .text(page)
                .markdown(page)
                .build(),
        )
        .default_configuration(
            ReportingConfiguration::builder()
                .enabled(rule.on_by_default)
                .level(json!(level(rule.severity)))
                .build(),
        )
        .properties(
            PropertyBag::builder()
                .tags(tags)
                .additional_properties(properties)
                .build(),
        )
        .build();
    descriptor.help_uri = Some(rule.help_url());
    descriptor
}

/// The text below the page's first heading.
fn first_paragraph(page: &str) -> Option<&str> {
    page.split("\n\n")
        .map(|block| match block.trim().split_once('\n') {
            Some((first, rest)) if first.starts_with('#') => rest.trim(),
            _ => block.trim(),
        })
        .find(|block| !block.is_empty() && !block.starts_with(['#', '`']))
}

fn pascal_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split('-') {
        let mut letters = word.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
        Severity::Info => ResultLevel::Note,
    }
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder()
        .text(truncated(text, MAX_DESCRIPTION))
        .build()
}

struct Builder<'a> {
    report: &'a Report,
    base: &'a Base,
    /// The place of each rule in the table.
    rules: FxHashMap<&'static str, i64>,
}

impl Builder<'_> {
    fn results(&self, findings: &[&Diagnostic]) -> Vec<sarif::Result> {
        let mut hashes: FxHashMap<u32, Vec<String>> = FxHashMap::default();
        let mut results = Vec::with_capacity(findings.len());
        for finding in findings {
            let finding = &*finding.led_by_change();
            let hash = finding.location.and_then(|location| {
                let file = self.file(location)?;
                let lines = hashes
                    .entry(location.file)
                    .or_insert_with(|| line_hashes(&file.text, file.bom));
                lines.get(usize::try_from(location.start.line).ok()?.checked_sub(1)?)
            });
            results.push(self.result(finding, hash.cloned()));
        }
        results
    }

    fn result(&self, finding: &Diagnostic, line_hash: Option<String>) -> sarif::Result {
        let rule = finding.rule;
        let mut related = Vec::new();
        let mut words = sentence(&finding.message);
        if let Some(worlds) = across::worlds(finding) {
            let _ = write!(words, "\n\n{}", sentence(&worlds));
        }
        if let Some(reason) = &finding.unproven {
            let _ = write!(words, "\n\nNot proven: {}", sentence(reason));
        }
        if let Some(help) = &finding.help {
            let _ = write!(words, "\n\n{}", sentence(help));
        }
        for place in &finding.related {
            let Some(physical) = place.location.and_then(|l| self.physical(l)) else {
                continue;
            };
            let id = i64::try_from(related.len())
                .unwrap_or(i64::MAX)
                .saturating_add(1);
            let _ = write!(words, "\n\n[{}]({id})", link_text(&place.message));
            related.push(
                sarif::Location::builder()
                    .id(id)
                    .physical_location(physical)
                    .logical_locations(vec![logical(&place.object)])
                    .message(Message::builder().text(&place.message).build())
                    .build(),
            );
        }
        related.extend(self.chain(finding, related.len()));
        let mut properties = BTreeMap::from([("path".to_owned(), json!(finding.path.to_string()))]);
        if !finding.aliases.is_empty() {
            properties.insert("aliases".to_owned(), json!(finding.aliases));
        }
        if !finding.worlds.is_empty() {
            let worlds: Vec<&str> = finding.worlds.iter().map(|name| &**name).collect();
            properties.insert("worlds".to_owned(), json!(worlds));
        }
        if !finding.origin.is_empty() {
            let origin: Vec<_> = finding
                .origin
                .iter()
                .filter_map(|step| super::json::origin(self.report, step))
                .collect();
            properties.insert("origin".to_owned(), json!(origin));
        }
        let mut result = sarif::Result::builder()
            .rule_id(rule.code)
            .level(level(finding.severity))
            .message(Message::builder().text(words).build())
            .locations(vec![self.location(finding)])
            .properties(
                PropertyBag::builder()
                    .additional_properties(properties)
                    .build(),
            )
            .build();
        result.suppressions = finding.suppressed.as_ref().map(|suppressed| {
            let kind = if suppressed.by.is_in_source() {
                "inSource"
            } else {
                "external"
            };
            let mut suppression = Suppression::builder().kind(json!(kind)).build();
            suppression.justification.clone_from(&suppressed.reason);
            vec![suppression]
        });
        result.rule_index = self.rules.get(rule.code).copied();
        if !related.is_empty() {
            result.related_locations = Some(related);
        }
        let mut fingerprints = BTreeMap::from([(
            "meshlint/v1".to_owned(),
            finding.fingerprint.digest(rule.code),
        )]);
        fingerprints.extend(line_hash.map(|hash| ("primaryLocationLineHash".to_owned(), hash)));
        result.partial_fingerprints = Some(fingerprints);
        result.fixes = finding
            .fix
            .as_ref()
            .and_then(|fix| self.fix(fix))
            .map(|fix| vec![fix]);
        result
    }

    /// How the value of a finding came to be, as further places after `count` others. The first
    /// step is the finding's own place.
    fn chain(&self, finding: &Diagnostic, count: usize) -> Vec<sarif::Location> {
        let steps = finding.origin.iter().skip(1);
        let places = steps.filter_map(|step| Some((step, self.physical(step.location)?)));
        places
            .zip(count.saturating_add(1)..)
            .map(|((step, physical), id)| {
                let note = match step.note {
                    "" => step.what.word(),
                    note => note,
                };
                sarif::Location::builder()
                    .id(i64::try_from(id).unwrap_or(i64::MAX))
                    .physical_location(physical)
                    .message(Message::builder().text(note).build())
                    .build()
            })
            .collect()
    }

    /// Where a finding stands. One that stands nowhere is shown at a related place or at the top of
    /// the first file: code scanning refuses results without a place.
    fn location(&self, finding: &Diagnostic) -> sarif::Location {
        let places = std::iter::once(finding.location)
            .chain(finding.related.iter().map(|place| place.location));
        let physical = places.flatten().find_map(|place| self.physical(place));
        let physical = physical.or_else(|| {
            let file = self.report.files.first()?;
            Some(
                PhysicalLocation::builder()
                    .artifact_location(self.artifact(&file.path))
                    .region(Region::builder().start_line(1_i64).build())
                    .build(),
            )
        });
        let mut location = sarif::Location::builder().build();
        location.physical_location = physical;
        location.logical_locations = finding.object.as_ref().map(|o| vec![logical(o)]);
        location
    }

    fn physical(&self, location: Location) -> Option<PhysicalLocation> {
        let file = self.file(location)?;
        Some(
            PhysicalLocation::builder()
                .artifact_location(self.artifact(&file.path))
                .region(one_line_region(location, &file.text))
                .build(),
        )
    }

    fn artifact(&self, path: &str) -> ArtifactLocation {
        ArtifactLocation::builder().uri(self.base.uri(path)).build()
    }

    /// A fix with one change for each file that it edits.
    fn fix(&self, fix: &LocatedFix) -> Option<Fix> {
        let mut changes: Vec<(u32, ArtifactChange)> = Vec::new();
        for edit in &fix.edits {
            let file = self.file(edit.location)?;
            let replacement = Replacement::builder()
                .deleted_region(region(edit.location))
                .inserted_content(ArtifactContent::builder().text(&edit.replacement).build())
                .build();
            let known = changes
                .iter_mut()
                .find(|(known, _)| *known == edit.location.file);
            if let Some((_, change)) = known {
                change.replacements.push(replacement);
                continue;
            }
            let change = ArtifactChange::builder()
                .artifact_location(self.artifact(&file.path))
                .replacements(vec![replacement])
                .build();
            changes.push((edit.location.file, change));
        }
        let description = match fix.applicability {
            Applicability::Safe => fix.description.clone(),
            Applicability::Unsafe => format!("{} (unsafe)", fix.description),
        };
        let changes: Vec<ArtifactChange> = changes.into_iter().map(|(_, change)| change).collect();
        Some(
            Fix::builder()
                .description(Message::builder().text(description).build())
                .artifact_changes(changes)
                .build(),
        )
    }

    fn file(&self, location: Location) -> Option<&crate::diagnostics::ReportFile> {
        self.report.files.get(usize::try_from(location.file).ok()?)
    }
}

fn region(Location { start, end, .. }: Location) -> Region {
    Region::builder()
        .start_line(i64::from(start.line))
        .start_column(i64::from(start.column))
        .end_line(i64::from(end.line))
        .end_column(i64::from(end.column))
        .build()
}

/// The range, cut to its first line: a pull request shows an alert only where all of its lines were
/// changed.
fn one_line_region(location: Location, text: &str) -> Region {
    let Location { start, end, .. } = location;
    let mut region = region(location);
    let offsets = [start.offset, end.offset].map(|o| usize::try_from(o).unwrap_or(usize::MAX));
    let [from, to] = offsets;
    if start.line == end.line {
        let quoted = cut(text, from, to);
        if !quoted.is_empty() && quoted.len() <= MAX_SNIPPET {
            region.snippet = Some(ArtifactContent::builder().text(quoted).build());
        }
    } else {
        let line = cut(text, from, to).lines().next().unwrap_or_default();
        let columns = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
        region.end_line = Some(i64::from(start.line));
        region.end_column = Some(i64::from(start.column.saturating_add(columns)));
    }
    region
}

fn logical(object: &ObjectRef) -> LogicalLocation {
    let full = if object.namespace.is_empty() {
        object.name.clone()
    } else {
        format!("{}/{}", object.namespace, object.name)
    };
    LogicalLocation::builder()
        .name(&object.name)
        .fully_qualified_name(full)
        .kind(&object.kind)
        .build()
}

/// `text` with a full stop: code scanning takes the first sentence as the title.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', ':']) || text.contains('\n') {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

fn link_text(text: &str) -> String {
    text.replace('[', "\\[").replace(']', "\\]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_descriptors() {
        assert_eq!(
            pascal_case("no-peer-authentication"),
            "NoPeerAuthentication"
        );
    }

    #[test]
    fn the_description_is_the_first_paragraph() {
        let page = "## What it checks\n\nThat one.\nAnd this.\n\n## Why";
        assert_eq!(first_paragraph(page), Some("That one.\nAnd this."));
        assert_eq!(
            first_paragraph("## What it checks\nThat.\n\nX"),
            Some("That.")
        );
        assert_eq!(first_paragraph(""), None);
    }

    #[test]
    fn titles_end_with_a_full_stop() {
        assert_eq!(sentence("weights add up to 90"), "weights add up to 90.");
        assert_eq!(sentence("did you mean this?"), "did you mean this?");
    }
}
