//! Switches of istiod that the input shows: environment variables of its Deployment, and those
//! that an operator's resource asks for.

use super::Places;
use crate::model::Str;

impl Places {
    /// What istiod is told by an environment variable, by every control plane of the input that
    /// sets it. Looks through all Deployments: ask it once.
    pub fn istiod_settings<'m>(&'m self, name: &'m str) -> impl Iterator<Item = Str> + 'm {
        let deployments = self.objects.deployments.iter();
        let variables = deployments
            .filter(|deployment| deployment.metadata.labels.has("app", "istiod"))
            .flat_map(|deployment| &deployment.spec.template.spec.containers)
            .filter_map(move |container| container.env(name))
            .map(|variable| variable.value.clone());
        let operators = self.objects.istio_operators.iter();
        let values = operators
            .chain(&self.objects.istios)
            .filter_map(|operator| operator.spec.values.as_ref())
            .filter_map(move |values| values.pilot.env.get(name))
            .map(|value| {
                let text = value.as_str().map(Str::from);
                text.unwrap_or_else(|| ecow::eco_format!("{value}"))
            });
        variables.chain(values)
    }

    /// Whether an environment variable switches something on in some istiod of the input.
    pub fn is_on_in_istiod(&self, name: &str) -> bool {
        self.istiod_settings(name)
            .any(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }
}

#[cfg(test)]
mod tests {
    use crate::mesh::testing::{mesh, object};

    #[test]
    fn switches_are_read_from_istiod_and_from_operators() {
        let istiod = object(
            "apps/v1 Deployment",
            "istio-system/istiod",
            "metadata: {labels: {app: istiod}}\nspec: {template: {spec: {containers: [{name: \
             discovery, env: [{name: A, value: 'true'}]}]}}}",
        );
        let operator = object(
            "install.istio.io/v1alpha1 IstioOperator",
            "istio-system/mesh",
            "spec: {values: {pilot: {env: {B: true, C: \"false\"}}}}",
        );
        let mesh = mesh(&(istiod + &operator));
        let on = ["A", "B", "C", "D"].map(|name| mesh.places.is_on_in_istiod(name));
        assert_eq!(on, [true, true, false, false]);
    }
}
