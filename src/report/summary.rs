//! Numbers and sentences that several formats share: the summary, statistics and timings.

use std::collections::BTreeMap;
use std::io;

use crate::diagnostics::{ObjectRef, Report, Rule, Severity, Skipped, Summary};

/// `DestinationRule travel-agency/default`.
pub fn object_name(object: &ObjectRef) -> String {
    object.to_string()
}

/// What was looked at: "214 objects in 37 files, 12 namespaces".
pub fn checked(summary: &Summary) -> String {
    format!(
        "{} in {}, {}",
        count(summary.objects, "object"),
        count(summary.files, "file"),
        count(summary.namespaces, "namespace")
    )
}

/// What was found, with the severity of each part: "1 error", "2 warnings". Empty for a clean run.
pub fn found(summary: &Summary) -> Vec<(Severity, String)> {
    [
        (Severity::Error, summary.errors),
        (Severity::Warning, summary.warnings),
        (Severity::Info, summary.infos),
    ]
    .into_iter()
    .filter(|&(_, n)| n > 0)
    .map(|(severity, n)| (severity, count(n, severity.as_str())))
    .collect()
}

/// What to say where nothing was found: a run that looked at nothing is not clean.
pub fn nothing_found(summary: &Summary) -> &'static str {
    if summary.objects == 0 {
        "nothing was checked"
    } else {
        "no findings"
    }
}

/// The summary in one line: "214 objects in 37 files, 12 namespaces: 1 error, 2 warnings".
pub fn line(summary: &Summary) -> String {
    let mut parts: Vec<_> = found(summary).into_iter().map(|(_, text)| text).collect();
    if parts.is_empty() {
        parts.push(nothing_found(summary).to_owned());
    }
    if summary.suppressed > 0 {
        parts.push(format!("{} suppressed", summary.suppressed));
    }
    if summary.baselined > 0 {
        parts.push(format!("{} in the baseline", summary.baselined));
    }
    format!("{}: {}", checked(summary), parts.join(", "))
}

/// The worlds: "prod (46 objects), staging (51 objects); `meshlint worlds` tells more". `None` where
/// there is one world.
pub fn worlds(report: &Report) -> Option<String> {
    if report.worlds.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = report
        .worlds
        .iter()
        .take(5)
        .map(|world| format!("{} ({})", world.name, count(world.objects, "object")))
        .collect();
    let more = report.worlds.len().saturating_sub(5);
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    let unknown: usize = report.worlds.iter().map(|world| world.unknown).sum();
    let why = if unknown > 0 {
        "; what of them can't be known `meshlint worlds` lists"
    } else {
        ""
    };
    Some(format!("{}{why}", parts.join(", ")))
}

/// What was not checked: "3 Helm templates, 1 kustomize patch". `None` if all was.
pub fn not_checked(summary: &Summary) -> Option<String> {
    let parts: Vec<_> = summary
        .skipped
        .iter()
        .map(|Skipped { reason, count, .. }| match *count {
            1 => format!("1 {}", singular(reason)),
            n => format!("{n} {reason}"),
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What to say of `n` findings that the input does not suffice to prove, of these codes: the ways
/// out.
pub fn ways_out(n: usize, codes: Option<&str>) -> String {
    let verb = if n == 1 { "depends" } else { "depend" };
    let codes = codes.map(|codes| format!(" ({codes})")).unwrap_or_default();
    format!(
        "{}{codes} {verb} on what the input does not show; name more of it with --with PATH, or \
         say with --closed-world that nothing else exists",
        count(n, "finding")
    )
}

/// `1 file`, `2 files`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {noun}s")
    }
}

/// A reason such as "Helm templates" or "objects of kinds that no rule reads" for a single thing.
fn singular(reason: &str) -> String {
    const TURNS: [&str; 5] = [" of ", " that ", " without ", " with ", " in "];
    let head = TURNS
        .iter()
        .filter_map(|turn| reason.find(turn))
        .min()
        .unwrap_or(reason.len());
    let (head, rest) = reason.split_at(head);
    let hissing = |stem: &&str| {
        ["ch", "sh", "ss", "x"]
            .iter()
            .any(|end| stem.ends_with(end))
    };
    if let Some(stem) = head.strip_suffix("ies") {
        format!("{stem}y{rest}")
    } else if let Some(stem) = head.strip_suffix("es").filter(hissing) {
        format!("{stem}{rest}")
    } else {
        format!("{}{rest}", head.strip_suffix('s').unwrap_or(head))
    }
}

/// How often each rule was broken, most often first.
pub fn statistics(report: &Report) -> Vec<(&'static Rule, Severity, usize)> {
    let mut counts = BTreeMap::<_, (&'static Rule, usize)>::new();
    for finding in &report.findings {
        counts
            .entry((finding.rule.code, finding.severity))
            .or_insert((finding.rule, 0))
            .1 += 1;
    }
    let mut rows: Vec<_> = counts
        .into_iter()
        .map(|((_, severity), (rule, n))| (rule, severity, n))
        .collect();
    rows.sort_by_key(|&(rule, severity, n)| (std::cmp::Reverse(n), rule.code, severity));
    rows
}

/// Writes the table of [`statistics`].
pub fn write_statistics(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let rows = statistics(report);
    let width = rows.iter().map(|(_, _, n)| n.to_string().len()).max();
    let width = width.unwrap_or(1).max(5);
    for (rule, severity, n) in rows {
        let Rule { code, name, .. } = rule;
        writeln!(out, "{n:>width$}  {severity:<7}  {code:<8}  {name}")?;
    }
    Ok(())
}

/// Writes how long each check took, slowest first.
pub fn write_timings(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut rows = report.timings.clone();
    rows.sort_by_key(|&(name, _, nanoseconds)| (std::cmp::Reverse(nanoseconds), name));
    writeln!(
        out,
        "{:>10}  {:>9}  {:>9}  check",
        "ms", "objects", "ns each"
    )?;
    for (name, objects, nanoseconds) in rows {
        let each = nanoseconds / u64::try_from(objects.max(1)).unwrap_or(1);
        let micros = nanoseconds / 1_000;
        let (whole, fraction) = (micros / 1_000, micros % 1_000);
        writeln!(
            out,
            "{whole:>6}.{fraction:03}  {objects:>9}  {each:>9}  {name}"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_was_checked() {
        let mut summary = Summary {
            files: 37,
            objects: 214,
            namespaces: 12,
            ..Summary::default()
        };
        assert_eq!(
            line(&summary),
            "214 objects in 37 files, 12 namespaces: no findings"
        );
        summary.errors = 1;
        summary.warnings = 2;
        summary.suppressed = 3;
        assert_eq!(
            line(&summary),
            "214 objects in 37 files, 12 namespaces: 1 error, 2 warnings, 3 suppressed"
        );
    }

    #[test]
    fn reasons_follow_their_number() {
        assert_eq!(singular("Helm templates"), "Helm template");
        assert_eq!(singular("kustomize patches"), "kustomize patch");
        assert_eq!(
            singular("objects of kinds that no rule reads"),
            "object of kinds that no rule reads"
        );
    }
}
