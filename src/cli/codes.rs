//! Rules as people name them: codes, names, prefixes.

use crate::diagnostics::{Code, Suppression};

use super::Failure;

/// The codes that a list of codes, names and prefixes stands for, in text order.
pub(super) fn resolve(words: &[String]) -> Result<Vec<Code>, Failure> {
    let mut codes = Vec::new();
    for word in words
        .iter()
        .map(|word| word.trim())
        .filter(|w| !w.is_empty())
    {
        let found = matches(word);
        if found.is_empty() {
            return Err(unknown(word));
        }
        codes.extend(found);
    }
    codes.sort();
    codes.dedup();
    Ok(codes)
}

/// The one rule of a code, name or alias.
pub(super) fn find(word: &str) -> Result<Code, Failure> {
    let word = word.trim();
    word.parse().or_else(|_| {
        Code::all()
            .find(|code| has_alias(*code, word))
            .ok_or_else(|| unknown(word))
    })
}

/// What `CODE=OBJECT` suppresses.
pub(super) fn suppressions(texts: &[String]) -> Result<Vec<Suppression>, Failure> {
    texts.iter().map(|text| suppression(text)).collect()
}

fn suppression(text: &str) -> Result<Suppression, Failure> {
    let form = || {
        Failure::Usage(format!(
            "{text:?} suppresses nothing; write CODE=OBJECT, such as \
             \"KIA1101=VirtualService default/reviews\""
        ))
    };
    let (code, object) = text.split_once('=').ok_or_else(form)?;
    let object = object.trim();
    if object.is_empty() || object.contains('=') {
        return Err(form());
    }
    Ok(Suppression {
        code: find(code)?,
        object: object.to_owned(),
    })
}

fn matches(word: &str) -> Vec<Code> {
    if word.eq_ignore_ascii_case("all") {
        return Code::all().collect();
    }
    if let Ok(code) = word.parse() {
        return vec![code];
    }
    let begins = |code: &Code| {
        let head = code.as_str().get(..word.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(word))
    };
    let family: Vec<_> = Code::all().filter(begins).collect();
    if family.is_empty() {
        Code::all().filter(|code| has_alias(*code, word)).collect()
    } else {
        family
    }
}

fn has_alias(code: Code, word: &str) -> bool {
    let mut aliases = code.rule().aliases.iter();
    aliases.any(|alias| alias.eq_ignore_ascii_case(word))
}

fn unknown(word: &str) -> Failure {
    let advice = match nearest(word) {
        Some(name) => format!("did you mean {name}?"),
        None => "`meshlint rules` lists them".to_owned(),
    };
    Failure::Usage(format!("no rule is called {word:?}; {advice}"))
}

/// The code or name nearest to a misspelt one.
fn nearest(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    let allowed = (lower.chars().count() / 3).max(1);
    Code::all()
        .flat_map(|code| [code.rule().code, code.rule().name])
        .map(|name| (strsim::osa_distance(&lower, &name.to_lowercase()), name))
        .filter(|&(distance, _)| distance <= allowed)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn resolved(word: &str) -> Vec<&'static str> {
        let codes = resolve(&[word.to_owned()]).unwrap();
        codes.into_iter().map(Code::as_str).collect()
    }

    #[test]
    fn rules_are_named_by_code_name_or_prefix() {
        assert_eq!(resolved("MESH0001"), ["MESH0001"]);
        assert_eq!(resolved("yaml-syntax"), ["MESH0001"]);
        assert!(resolved("mesh00").contains(&"MESH0001"));
        assert_eq!(resolved("ALL").len(), Code::all().count());
    }

    #[test]
    fn suppressions_name_a_code_and_an_object() {
        let parsed = suppression("IST0101=VirtualService default/*").unwrap();
        assert_eq!(parsed.code, Code::IST0101);
        assert_eq!(parsed.object, "VirtualService default/*");
        for text in ["IST0101", "IST0101=", "IST0101=a=b", "IST9999=Pod a/b"] {
            assert!(suppression(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_nearest() {
        let error = resolve(&["yaml-sintax".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("did you mean yaml-syntax?"));
        let error = resolve(&["XYZ".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("`meshlint rules`"));
    }
}
