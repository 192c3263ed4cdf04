//! Rules as people name them: codes, names, prefixes.

use crate::diagnostics::{Code, Suppression};
use crate::model::kinds::Kind;
use crate::nearest::nearest_word;

use super::Failure;

/// The codes that a list of codes, names and prefixes stands for, in text order. A list that is
/// given must name one.
pub(super) fn resolve(words: &[String]) -> Result<Vec<Code>, Failure> {
    let mut codes = Vec::new();
    if !words.is_empty() && words.iter().all(|word| word.trim().is_empty()) {
        return Err(Failure::Usage(
            "an empty list of rules selects nothing and ignores nothing; name a code, or leave the \
             option out"
                .to_owned(),
        ));
    }
    for word in words
        .iter()
        .map(|word| word.trim())
        .filter(|w| !w.is_empty())
    {
        let found = Code::matching(word);
        if found.is_empty() {
            return Err(unknown(word));
        }
        codes.extend(found);
    }
    codes.sort();
    codes.dedup();
    Ok(codes)
}

/// The codes that one word stands for: none where it is neither code, name nor prefix.
pub(super) fn named(word: &str) -> Result<Vec<Code>, Failure> {
    let word = word.trim();
    if word.is_empty() {
        return Err(Failure::Usage(
            "an empty text explains nothing; name a code or a symptom".to_owned(),
        ));
    }
    Ok(Code::matching(word))
}

/// The one rule of a code, name or alias.
pub(super) fn find(word: &str) -> Result<Code, Failure> {
    let word = word.trim();
    word.parse().or_else(|_| {
        Code::all()
            .find(|code| code.has_alias(word))
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
    let code = find(code)?;
    match object.split_once(' ') {
        Some((kind, _)) if !kind.contains('*') => known_kind(kind, code)?,
        None if !object.contains('*') => return Err(form()),
        _ => {}
    }
    Ok(Suppression {
        code,
        object: object.to_owned(),
    })
}

/// Refuses a kind that no finding of the code can be about: that no rule reads, unless the code is
/// about objects of any kind.
fn known_kind(kind: &str, code: Code) -> Result<(), Failure> {
    let kinds = || Kind::ALL.iter().map(|kind| kind.name());
    if kinds().any(|known| known == kind) {
        return Ok(());
    }
    let near = nearest_word(kind, kinds()).map(|near| near.what);
    if code.rule().kinds.is_empty() && near.is_none() {
        return Ok(());
    }
    let advice = match near {
        Some(name) => format!("did you mean {name}?"),
        None => format!("findings of {} are about other objects", code.as_str()),
    };
    Err(Failure::Usage(format!(
        "no rule reads objects of the kind {kind:?}; {advice}"
    )))
}

/// Says that no rule has a name, and which ones may have been meant.
pub(super) fn unknown(word: &str) -> Failure {
    Failure::Usage(Code::unknown(word))
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
        for text in [
            "IST0101",
            "IST0101=",
            "IST0101=a=b",
            "IST9999=Pod a/b",
            "IST0101=a/b",
            "IST0101=Virtualservice a/b",
            "IST0101=Kafka a/b",
            "MESH0005=VirtualServise a/b",
        ] {
            assert!(suppression(text).is_err(), "{text}");
        }
        for text in ["IST0101=* a/b", "MESH0005=KafkaTopic a/b", "IST0101=*b"] {
            assert!(suppression(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_list_that_is_given_names_a_rule() {
        assert!(resolve(&[String::new()]).is_err());
        assert!(resolve(&[" ".to_owned(), String::new()]).is_err());
        assert_eq!(resolve(&[]).unwrap(), []);
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_nearest() {
        let error = resolve(&["yaml-sintax".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("did you mean yaml-syntax?"));
        let error = resolve(&["XYZ".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("`meshlint rules`"));
    }
}
