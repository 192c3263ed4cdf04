//! Rules by what users see: a response flag, a status, words of a log. The pages declare the phrases.

use std::cmp::Reverse;

use crate::nearest::nearest_word;

use super::Code;

/// So many phrases are offered where none fits.
const MOST_NEAR: usize = 6;

/// A rule that explains a symptom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The rule.
    pub code: Code,
    /// The phrase of its page that fits.
    pub symptom: &'static str,
}

/// The rules with a phrase that has all words of a text. Those whose phrase is the text come first,
/// then the severe ones, then the order of codes.
pub fn explanations(text: &str) -> Vec<Explanation> {
    let wanted = words(text);
    let mut found: Vec<_> = Code::all()
        .filter_map(|code| {
            let (symptom, is_whole) = best_fit(code.rule().symptoms, &wanted)?;
            Some((is_whole, Explanation { code, symptom }))
        })
        .collect();
    found.sort_by_key(|(is_whole, found)| {
        let severity = found.code.rule().severity;
        (Reverse(*is_whole), Reverse(severity), found.code)
    });
    found.into_iter().map(|(_, found)| found).collect()
}

/// The phrases that share most words with a text, slips of the pen forgiven.
pub fn near_symptoms(text: &str) -> Vec<&'static str> {
    let wanted = words(text);
    let mut found: Vec<_> = Code::all()
        .flat_map(|code| code.rule().symptoms)
        .filter_map(|symptom| {
            let own = words(symptom);
            let is_near = |word: &&String| {
                let own = own.iter().map(String::as_str);
                nearest_word(word, own).is_some()
            };
            let shared = wanted.iter().filter(is_near).count();
            (shared > 0).then_some((Reverse(shared), *symptom))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(MOST_NEAR);
    found.into_iter().map(|(_, symptom)| symptom).collect()
}

/// The phrase that has all the words, and whether it has no others.
fn best_fit(phrases: &'static [&'static str], wanted: &[String]) -> Option<(&'static str, bool)> {
    if wanted.is_empty() {
        return None;
    }
    let whole = phrases.iter().find(|phrase| words(phrase) == wanted);
    if let Some(phrase) = whole {
        return Some((phrase, true));
    }
    let fits = |phrase: &&&str| {
        let own = words(phrase);
        wanted.iter().all(|word| own.contains(word))
    };
    Some((phrases.iter().find(fits)?, false))
}

/// The words of a phrase without case: letters, digits and underscores, as in
/// `WRONG_VERSION_NUMBER`; all else separates.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHRASES: &[&str] = &["503 UC", "RBAC: access denied", "503 UF", "503"];

    fn fit(text: &str) -> Option<(&'static str, bool)> {
        best_fit(PHRASES, &words(text))
    }

    #[test]
    fn a_phrase_fits_by_whole_words_in_any_case_and_order() {
        assert_eq!(fit("503 uc"), Some(("503 UC", true)));
        assert_eq!(fit("uc"), Some(("503 UC", false)));
        assert_eq!(fit("uf 503"), Some(("503 UF", false)));
        assert_eq!(
            fit("rbac access denied"),
            Some(("RBAC: access denied", true))
        );
        assert_eq!(fit("Denied"), Some(("RBAC: access denied", false)));
        assert_eq!(fit("access deni"), None);
        assert_eq!(fit("503 NR"), None);
        assert_eq!(fit(" : "), None);
    }

    #[test]
    fn the_phrase_that_is_the_text_is_preferred() {
        assert_eq!(fit("503"), Some(("503", true)));
    }

    #[test]
    fn rules_are_sorted_by_fit_then_severity_then_code() {
        let found = explanations("503");
        assert!(!found.is_empty());
        let keys: Vec<_> = found
            .iter()
            .map(|found| {
                let is_whole = found.symptom == "503";
                let rule = found.code.rule();
                (Reverse(is_whole), Reverse(rule.severity), rule.code)
            })
            .collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn what_nobody_declares_is_answered_with_phrases_that_share_words() {
        assert!(explanations("503 XYZ").is_empty());
        let near = near_symptoms("503 XYZ");
        assert!(near.contains(&"503 NC"), "{near:?}");
        assert!(near.len() <= MOST_NEAR);
        assert!(near_symptoms("acess denid").contains(&"RBAC: access denied"));
        assert!(near_symptoms("qwertz").is_empty());
    }
}
