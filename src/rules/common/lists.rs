//! Wording that several checks share.

use crate::nearest::nearest_word;

/// How many names a message lists.
const MOST: usize = 6;

/// Names in words: `a`, `a and b`, `a, b and 7 more`. The text stays short however many there are.
pub(in crate::rules) fn list<I>(names: I) -> String
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut all = names.into_iter();
    let mut shown: Vec<String> = Vec::with_capacity(MOST);
    for name in all.by_ref().take(MOST) {
        shown.push(name.as_ref().to_owned());
    }
    words(&shown, all.count())
}

/// Shown names and how many more there are.
fn words(shown: &[String], more: usize) -> String {
    if more > 0 {
        return format!("{} and {more} more", shown.join(", "));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Numbers in words.
pub(in crate::rules) fn numbers<I>(numbers: I) -> String
where
    I: IntoIterator,
    I::Item: ToString,
{
    let mut all = numbers.into_iter();
    let first = all.by_ref().take(MOST);
    let shown: Vec<String> = first.map(|number| number.to_string()).collect();
    words(&shown, all.count())
}

/// The name most like `name`, if one is near. Only names that begin or end alike are looked at, and
/// not many of them: the answer is a courtesy.
pub(in crate::rules) fn similar<'n>(
    name: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    const LOOKED_AT: usize = 500;
    const COMPARED: usize = 20;
    let ends = (name.bytes().next(), name.bytes().last());
    let candidates = names
        .into_iter()
        .take(LOOKED_AT)
        .filter(|other| {
            other.len().abs_diff(name.len()) <= 3
                && (other.bytes().next() == ends.0 || other.bytes().last() == ends.1)
        })
        .take(COMPARED);
    let near = nearest_word(name, candidates)?;
    Some(near.what).filter(|near| *near != name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found() {
        assert_eq!(similar("reviewz", ["ratings", "reviews"]), Some("reviews"));
        assert_eq!(similar("reviews", ["reviews"]), None);
        assert_eq!(similar("reviews", ["details"]), None);
    }

    #[test]
    fn lists_are_short() {
        assert_eq!(list::<[&str; 0]>([]), "");
        assert_eq!(list(["a"]), "a");
        assert_eq!(list(["a", "b"]), "a and b");
        assert_eq!(list(["a", "b", "c"]), "a, b and c");
        assert_eq!(numbers(0..9), "0, 1, 2, 3, 4, 5 and 3 more");
    }
}
