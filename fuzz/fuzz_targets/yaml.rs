//! The tree of any text: spans lie in the text, children in their parents, every path leads
//! somewhere.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meshlint::yaml::{Node, Tree, locate};

fuzz_target!(|text: &str| {
    let tree = Tree::parse(text);
    for document in tree.documents() {
        assert!(document.span.end as usize <= text.len());
        if let Some(root) = tree.root(document) {
            walk(root, 0);
            for path in ["spec/http[0]/route[1]", "metadata/name", "[0]", "a/b.c/d"] {
                let span = locate(root, &path.into()).span();
                assert!(text.get(span.start as usize..span.end as usize).is_some());
            }
        }
    }
});

fn walk(node: Node<'_>, depth: usize) {
    assert!(depth < 1000);
    let _ = (node.value(), node.text(), node.span());
    if !node.is_alias() {
        node.items().for_each(|item| walk(item, depth + 1));
        for (key, value) in node.raw_entries() {
            walk(key, depth + 1);
            walk(value, depth + 1);
        }
    }
}
