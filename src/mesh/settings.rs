//! What the user tells about the mesh beside the objects, and the switches between what upstream
//! does and what serves the user.

use super::istio_version::IstioVersion;
use super::neighbours::Folder;
use crate::model::Str;
use crate::model::mesh_config::MeshConfig;

/// What the user tells about the mesh beside the objects.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Judge exactly as Kiali and istioctl do. Implies [`closed_world`](Self::closed_world).
    pub upstream: bool,
    /// What isn't in the input doesn't exist.
    pub closed_world: bool,
    /// The version of Istio that the manifests are for.
    pub istio_version: IstioVersion,
    /// A MeshConfig that takes the place of every one in the input.
    pub mesh_config: Option<MeshConfig>,
    /// The domain below which services live, such as `svc.cluster.local` (Kiali's
    /// `istio_identity_domain`).
    pub identity_domain: Option<Str>,
    /// What exists outside the input.
    pub external: External,
    /// The namespace in which objects stand whose manifests name none.
    pub default_namespace: Str,
    /// Folders of the input's chunks, in the order of their numbers; none when all objects come
    /// from one text.
    pub folders: Vec<Folder>,
    /// Documents that could not be read: what they hold is unknown, not missing.
    pub gaps: Vec<Gap>,
}

impl Settings {
    /// Whether what isn't in the input doesn't exist.
    pub fn is_closed_world(&self) -> bool {
        self.closed_world || self.upstream
    }
}

/// What exists outside the input. A name may begin or end with a star.
#[derive(Debug, Clone, Default)]
pub struct External {
    /// Hosts by full name, such as `*.legacy.svc.cluster.local`.
    pub hosts: Vec<Str>,
    /// Namespaces.
    pub namespaces: Vec<Str>,
    /// Gateways, `namespace/name`.
    pub gateways: Vec<Str>,
    /// Service accounts, `namespace/name`.
    pub service_accounts: Vec<Str>,
    /// Secrets and ConfigMaps that hold keys and certificates, `namespace/name`.
    pub credentials: Vec<Str>,
}

impl External {
    /// Whether one of `names` is `name`, or covers it with a star at one end.
    pub fn has(names: &[Str], name: &str) -> bool {
        names.iter().any(|pattern| {
            if let Some(prefix) = pattern.strip_suffix('*') {
                name.starts_with(prefix)
            } else if let Some(suffix) = pattern.strip_prefix('*') {
                name.ends_with(suffix)
            } else {
                pattern == name
            }
        })
    }
}

/// A document that could not be read.
#[derive(Debug, Clone, Default)]
pub struct Gap {
    /// Its kind, empty when even that could not be read.
    pub kind: Str,
    /// Its namespace, `None` when that could not be read.
    pub namespace: Option<Str>,
}

macro_rules! quirks {
    ($($(#[$meta:meta])* $name:ident,)+) => {
        /// Places where upstream does what looks like a mistake. A switch that is on reproduces
        /// upstream; off, meshlint does what a user would want. All are on in upstream mode and
        /// off otherwise, so the difference between the modes can be read here.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Quirks {
            $($(#[$meta])* pub $name: bool,)+
        }

        impl Quirks {
            /// What upstream does.
            pub const fn upstream() -> Self {
                Self { $($name: true),+ }
            }
        }
    };
}

quirks! {
    // Namespaces and control planes.

    /// Namespaces named `kube-…`, `openshift…`, `ibm…`, `kiali-operator…` and `istio-operator…`
    /// are unknown even when the input declares them.
    system_namespaces_unknown,
    /// Only namespaces that their labels tie to a control plane are managed. Off: all are that
    /// are not the system's, are not excluded by `discoverySelectors` and do not opt out.
    managed_by_labels_alone,
    /// A namespace without a Namespace object counts as labelled `istio-injection: enabled`.
    undeclared_namespaces_are_injected,
    /// A revision tag takes the place of the revision: namespaces labelled with the plain
    /// revision are not managed.
    tag_replaces_revision,
    /// Services live below `svc.` and the trust domain.
    identity_domain_is_trust_domain,
    /// Two-part names with an empty second part are names of cluster services.
    empty_namespace_is_known,
    /// A mesh config that cannot be decoded is no mesh config. Off: the fields that can be
    /// decoded count.
    broken_mesh_config_is_none,

    // Visibility.

    /// An object that is exported to a namespace which does not exist (`~` as well) is visible
    /// everywhere, so that the error can be shown.
    export_to_unknown_is_everywhere,
    /// The control plane's namespace counts as a place to look from even when the input shows
    /// nothing of it.
    implied_namespaces_are_views,
    /// A ServiceEntry host covers every name that ends in it, at a label boundary or not.
    service_entry_hosts_are_suffixes,
    /// DestinationRules that istiod makes from Gateway API objects are examined, although
    /// VirtualServices and Gateways of such names are not.
    autogenerated_destination_rules_count,

    /// A VirtualService with the host `*` makes every host known to authorization policies.
    star_virtual_service_has_every_host,

    // Workloads.

    /// Of the workloads of one namespace and name only one exists.
    one_workload_per_name,
    /// `Job`, `CronJob`, `ReplicationController` and `DeploymentConfig` are no workloads; nor are
    /// custom controllers (such as Argo Rollouts) without Pods or ReplicaSets.
    no_jobs_and_custom_controllers,
    /// A Pod whose owners the input lacks, or of which none controls it, is no workload.
    no_orphaned_pods,
    /// A controller whose Pod template has no labels owns every Pod of its namespace.
    unlabelled_templates_own_all_pods,
    /// Loaded Pods are taken as they are. Off: the sidecar of a Pod without `status`, which was
    /// never applied, is predicted.
    loaded_pods_are_running,
    /// Service accounts of WorkloadGroups and WorkloadEntries do not count, nor do those of Jobs
    /// and other kinds that are no workloads.
    only_accounts_of_pods,

    // Ambient mode.

    /// The label `sidecar.istio.io/inject` is read as `enabled` or `none` instead of `true` or
    /// `false`, and the annotation is not read.
    inject_label_is_enabled_or_none,

    /// Policies of action CUSTOM or AUDIT, conditions on the original client or other properties of
    /// requests, hashing by query parameter and settings of single ports need no waypoint.
    some_l7_features_are_l4,
    /// Policies that target a Gateway are judged by the labels of the namespace.
    gateway_targets_need_enrollment,
    /// Selectors have no effect in ambient namespaces, even if they select gateways or workloads
    /// with sidecars. Telemetry without selector has none either.
    ambient_selectors_have_no_effect,
    /// The waypoint of a workload that is not ambient does not exist; that of a workload whose
    /// Services want none does not exist either.
    waypoints_need_ambient_pods,
    /// Gateways with a proxy in ambient namespaces are workloads with sidecars.
    gateways_are_sidecars,
    /// Each way of noticing that a workload is both ambient and sidecar is reported.
    every_mix_is_reported,

    // Mutual TLS.

    /// A PeerAuthentication with `selector: {}` holds for no namespace.
    empty_selector_is_selector,
    /// The mesh-wide status is read from the control plane namespace's PeerAuthentications and
    /// the DestinationRules of injected namespaces alone.
    mesh_status_ignores_root_namespace,
    /// A namespace-wide mutual DestinationRule over a mesh-wide PERMISSIVE is 'off', and so is a
    /// namespace whose PeerAuthentication has the mode UNSET.
    inherited_modes_do_not_mix,
    /// `serviceAccounts` of an AuthorizationPolicy do not count among what needs mutual TLS.
    service_accounts_need_no_mtls,
    /// A mesh-wide DestinationRule (`*.local`) covers external hosts too.
    mesh_wide_rules_cover_external_hosts,
    /// Of two DestinationRules, one is only taken for wider than the other if that one has the
    /// full name of its host; `reviews.bookinfo` stands for itself.
    overriding_rules_are_full_names,

    // Selectors.

    /// Selectors of policies in the root namespace are held against its own workloads alone.
    root_selectors_stay_home,
    /// Sidecars of a namespace without workloads cannot get in each other's way.
    sidecars_need_workloads,
    /// Two objects of one namespace get in each other's way if they select a workload of any
    /// other.
    selectors_clash_in_any_namespace,

    // Gateways, routes, services, Sidecars, WorkloadGroups.

    /// Of two hosts of one Gateway that collide only the first is reported, of a Gateway that
    /// collides with another only the first host that does.
    later_gateway_hosts_are_spared,
    /// Whether a Gateway selects workloads of its own namespace alone is decided by every control
    /// plane. Off: by its own.
    every_control_plane_scopes_gateways,
    /// Gateways of the Gateway API in different namespaces never collide if they have one name.
    gateways_of_one_name_never_collide,
    /// Listeners of Gateways collide whatever class, and so whatever controller, the Gateways have.
    listeners_collide_across_classes,
    /// Listeners of a Gateway without hostname never collide.
    listeners_without_hostname_never_collide,
    /// A GatewayClass counts only if its controller is Istio's, and without such a class only
    /// those that Istio makes itself.
    only_istio_gateway_classes_exist,
    /// The path of a condition of a listener holds the listener's index instead of its own.
    listener_conditions_by_listener,
    /// A route's parent is `gateway`, `gateway.namespace` or `namespace/gateway`; one whose name
    /// has a dot is never found.
    parents_are_read_as_hosts,
    /// A Gateway takes every route of its own namespace, and the listener that a route names need
    /// not exist.
    own_gateways_take_all_routes,
    /// A ReferenceGrant for one Service holds for all, of whatever group; references to parents
    /// need one as well.
    any_service_grant_holds,
    /// Services that get copies of requests are not looked for.
    mirrors_are_not_examined,
    /// Whether a Service is part of the mesh is decided by the Pods of all namespaces that it would
    /// select, and by no workload.
    pods_of_all_namespaces_count,
    /// The only port of a Service needs a name too.
    single_ports_need_names,
    /// The ports of a Service are looked for in the first Deployment, of whatever namespace, whose
    /// own labels the Service selects.
    ports_of_first_deployment_count,
    /// The namespace of a Sidecar's egress host plays no part.
    egress_namespaces_are_ignored,
    /// `REGISTRY_ONLY` is no better than no mode.
    registry_only_is_ambiguous,
    /// A ServiceEntry that names a host or port twice collides with itself, and endpoints play no
    /// part.
    service_entries_collide_by_names_alone,
    /// A service account exists only if a Pod uses it.
    unused_accounts_do_not_exist,
    /// WorkloadGroups without labels have equal labels.
    groups_without_labels_collide,

    // Authorization policies.

    /// Methods are compared without regard to case and surrounding blanks, and only the nine of
    /// HTTP itself exist.
    methods_are_those_of_http,
    /// A host with a port is looked up with it.
    ports_are_part_of_hosts,
    /// A policy with target references and no selector covers its whole namespace, and workloads
    /// of unmanaged namespaces are always uncovered.
    target_refs_cover_namespaces,

    // Admission validation.

    /// Objects in namespaces of the cluster itself (`kube-system`, ...) are not validated.
    cluster_namespaces_are_not_validated,
    /// A bad key of a condition is reported twice, once for each of its lists.
    bad_condition_keys_count_twice,
    /// The warning of a DENY policy that denies all TCP traffic takes no notice of conditions and
    /// trust domains, and one source or operation that TCP knows silences it for the others.
    tcp_denial_is_judged_by_lists,
    /// Whatever is wrong with the types of a mesh config's fields is one error.
    mesh_config_decodes_to_one_error,
    /// A bad gateway address hides what was found before it in its network.
    gateway_address_hides_errors,
    /// Warnings are lost in traffic policies of subsets and ports, in the `gateways` of matches of
    /// HTTP and TCP, and for a fault without a status.
    validation_loses_warnings,
    /// What is said of every object of a kind is a warning. Off: it is information.
    standing_remarks_are_warnings,
    /// Of a list of gateways nothing behind the first name without a namespace is looked at.
    gateway_names_end_at_short_one,
    /// The HTTP status 600 is accepted.
    http_status_600_is_valid,
    /// Only ports of protocol `TCP` in upper case are found to need addresses.
    only_upper_case_tcp_needs_addresses,
    /// A wildcard locality behind one that it covers is accepted.
    localities_overlap_forwards_only,
    /// Whether a match of a URI prefix covers a later one is decided on the texts of both, and a
    /// route to a delegate takes all that it matches.
    unused_matches_by_text,

    // istioctl analyze: what it loads and how it looks things up.

    /// Objects that a later one of the same name replaces are not checked; neither are those that
    /// cannot be decoded or stand in `kube-system` and its like. Off: they are, but relations
    /// between objects still count only the last one of a name.
    unloaded_objects_are_not_checked,
    /// The mesh config is that of the ConfigMap `istio` in `istio-system`.
    only_default_mesh_config,
    /// Only Namespace objects are namespaces, `kube-system` and its like never. Off: a namespace
    /// that holds an object exists too.
    only_declared_namespaces_exist,
    /// Selectors are held against Pods alone. Off: against workloads.
    only_pods_are_selected,
    /// Sidecars are injected by `istio-injection: enabled` alone, not by a revision label.
    revision_labels_do_not_inject,
    /// A host that is visible to the own namespace alone is found only if `exportTo` of the object
    /// that names it is empty or lists the namespace.
    hosts_are_found_by_export_to,
    /// `name.namespace` is no name of a Service.
    short_hosts_need_a_full_name,
    /// The ports of a Service without selector are those of every pod of its namespace.
    selectorless_services_have_all_pods,
    /// A port without protocol is not a TCP port.
    protocols_have_no_default,
    /// RequestAuthentications of `istio-system` hold for the whole mesh, whatever the root
    /// namespace.
    root_namespace_is_istio_system,
    /// Secrets are looked for in one of the namespaces in which a Gateway has pods.
    secrets_of_one_namespace,
    /// `stringData` of Secrets is not read.
    string_data_is_not_read,

    // istioctl analyze: single analyzers.

    /// Annotations whose prefix merely ends in `istio.io` are Istio's, `notistio.io/x` as well.
    any_prefix_ending_in_istio_io,
    /// Annotations of Pod templates are not checked.
    pod_templates_are_not_annotated,
    /// Any RequestAuthentication makes istiod fetch keys, one with inline keys as well.
    any_request_authentication_fetches_keys,
    /// Policies with a target reference hold for the whole namespace.
    target_references_are_ignored,
    /// A negative condition of a type that the analyzer does not know counts if its status is
    /// empty.
    conditions_without_status_are_negative,
    /// A Service that forwards two ports to one target port conflicts with itself.
    services_conflict_with_themselves,
    /// A wildcard host of a DestinationRule needs a ServiceEntry with a wildcard.
    wildcard_hosts_need_a_service_entry,
    /// Subsets select pods of any namespace, whatever their Service selects, and neither endpoints
    /// nor labels that depend on the cluster.
    subsets_select_any_pod,
    /// Subsets of a host with a dot are found in DestinationRules of the own namespace alone.
    subsets_of_full_hosts_are_local,
    /// A patch without `patch` ends the analysis of its EnvoyFilter.
    empty_patches_end_the_analysis,
    /// A URL without a host is valid.
    urls_need_no_host,
    /// A Gateway without servers selects nothing unless another Gateway selects the same.
    gateways_without_servers_need_others,
    /// Of a Gateway's servers on one port only the last counts.
    last_server_of_a_port_counts,
    /// Whether one selector is part of another is decided on their texts.
    selectors_are_parts_as_text,
    /// Pods are expected to have a proxy in namespaces labelled `istio-injection: enabled` alone.
    only_enabled_namespaces_are_injected,
    /// Injector values that cannot be read expect pods to have no image.
    unreadable_values_expect_no_image,
    /// A ProxyConfig holds for a pod if its full name begins with the pod's namespace.
    proxy_configs_by_prefix,
    /// Without webhooks in the input no workload is injected.
    no_webhooks_no_injection,
    /// A VirtualService or ServiceEntry that names a host twice conflicts with itself.
    objects_conflict_with_themselves,
    /// No host is found in a Gateway that does not exist.
    unknown_gateways_have_no_hosts,
    /// Gateways are `name` or `namespace/name`, nothing else.
    only_plain_gateway_names,
    /// Hosts of routes with and without subset are compared as written.
    subset_routes_compare_texts,

    // Routing.

    /// `exportTo: ["~"]` names a namespace that does not exist. Off: it means nobody, as in
    /// Istio.
    export_to_nobody_is_unknown,
    /// A workload makes the host of its application's name known to DestinationRules, with a
    /// Service or without, even for an external name whose second part is the namespace.
    workloads_make_hosts_known,
    /// The labels of a subset are looked for among the endpoints of every ServiceEntry. Off: of
    /// those that provide the host, with the workloads that they select.
    any_service_entry_has_the_subset,
    /// Whether a route uses a subset is judged with the namespaces of VirtualService and
    /// DestinationRule exchanged.
    subset_references_swap_namespaces,
    /// A subset is found in a DestinationRule of any namespace. Off: as Istio looks rules up, in
    /// the client's namespace, that of the service, and the root namespace.
    subsets_in_rules_of_any_namespace,
    /// DestinationRules for different client workloads (`workloadSelector`) collide.
    workload_selectors_collide,
    /// Two manifests of one object collide with each other.
    copies_collide,
    /// Names of gateways are compared as written. Off: by namespace and name, and a VirtualService
    /// that lists none is one of `mesh`.
    gateways_compare_as_text,
    /// The host `*` of a VirtualService covers the hosts of its own namespace. Off: it is a host of
    /// its own, since a gateway prefers every other host.
    star_is_own_namespace,
    /// VirtualServices of one host and gateway collide whatever their routes. Off: the gateway joins
    /// their routes, and they collide only if two routes take the same requests.
    joined_routes_collide,
    /// A VirtualService that lists a host twice collides with itself.
    virtual_services_collide_with_themselves,
    /// After the first list with a missing gateway the other lists of a VirtualService are not
    /// looked at, and those of TCP and TLS never are.
    one_gateway_list_suffices,
    /// Gateways in matches are reported at paths that do not exist in the document.
    gateway_paths_are_made_up,
    /// `./name` names no gateway, nor does `name.namespace.svc`, and what has a dot has no slash.
    gateway_names_are_strict,
    /// Two entries of a route with one host and subset are the same even if they differ in port
    /// or headers.
    routes_ignore_ports_and_headers,
    /// A route is not searched for repeated destinations if an entry lacks its destination.
    missing_destination_hides_repetitions,
}
