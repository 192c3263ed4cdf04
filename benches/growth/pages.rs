//! The bad example of every page of the rule book, in copies: so each rule finds as much as the input
//! grows, and a new rule is measured as soon as it has a page.

use meshlint::diagnostics::{RULES, Rule};
use regex::Regex;

use super::manifests::each;
use super::shapes::{Input, Shape};

/// How many copies the smaller input has.
const COPIES: usize = 400;
/// Namespaces that all copies share.
const SHARED: [&str; 2] = ["istio-system", "kube-system"];

/// A shape for each rule whose example can be copied.
pub(crate) fn shapes() -> impl Iterator<Item = Shape> {
    let rules = RULES.iter().filter(|rule| example(rule).is_some());
    rules.map(|rule| Shape {
        name: rule.code,
        size: COPIES,
        more: 1.0,
        input: Input::Page(rule),
    })
}

/// The rules whose examples are several files or name no namespace, so that copies would be one.
pub(crate) fn left_out() -> Vec<&'static str> {
    let rules = RULES.iter().filter(|rule| example(rule).is_none());
    rules.map(|rule| rule.code).collect()
}

/// The bad example of a rule, each copy with namespaces of its own.
pub(crate) fn copies(rule: &Rule, size: usize) -> String {
    let Some((text, namespaces)) = example(rule) else {
        return String::new();
    };
    let words = Regex::new("[A-Za-z0-9-]+").unwrap();
    each(size, |n| {
        let renamed = words.replace_all(text, |word: &regex::Captures<'_>| {
            let word = &word[0];
            if namespaces.contains(&word) {
                format!("{word}-{n}")
            } else {
                word.to_owned()
            }
        });
        format!("---\n{renamed}")
    })
}

/// The first block below "Bad", and the namespaces that it names.
fn example(rule: &Rule) -> Option<(&'static str, Vec<&'static str>)> {
    let (_, bad) = rule.page.split_once("\n## Bad\n")?;
    let (_, block) = bad.split_once("```yaml")?;
    let (options, block) = block.split_once('\n')?;
    let (text, _) = block.split_once("```")?;
    if !options.is_empty() {
        return None;
    }
    let namespace = Regex::new("namespace: *([a-z0-9-]+)").unwrap();
    let mut namespaces: Vec<&str> = namespace
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .map(|name| name.as_str())
        .filter(|name| !SHARED.contains(name))
        .collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    (!namespaces.is_empty()).then_some((text, namespaces))
}
