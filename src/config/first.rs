//! A first `meshlint.yaml`, from what a repository shows.

use std::fmt::Write as _;

use super::settings::quoted;
use crate::worlds::Plan;

/// The text of a first configuration. It changes nothing of what is found: what can be found out is
/// named in comments.
pub fn first(plan: &Plan) -> String {
    let mut text = String::from(
        "# What meshlint goes by; `meshlint schema` prints what may stand here.\n\
         # yaml-language-server: $schema=https://raw.githubusercontent.com/meshlint/meshlint/main/meshlint.schema.json\n\
         version: 1\n\
         \n\
         # What is not read: patterns as in .gitignore.\n\
         exclude: []\n\
         \n\
         # Which rules run, and how much they matter.\n\
         rules:\n  ignore: []\n  severity: {}\n\
         \n\
         # What exists although no file says so.\n\
         external:\n  namespaces: []\n  services: []\n",
    );
    if !plan.worlds.is_empty() {
        text.push_str(
            "\n# What was found that reaches a cluster. To change it, list the worlds here.\n# worlds:\n",
        );
        for world in &plan.worlds {
            let roots: Vec<String> = world
                .roots
                .iter()
                .take(20)
                .map(|root| quoted(root))
                .collect();
            let _ = writeln!(
                text,
                "#   {}:\n#     roots: [{}]",
                quoted(&world.name),
                roots.join(", ")
            );
        }
    }
    text
}
