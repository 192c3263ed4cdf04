//! A generator of synthetic meshes of any size. Nothing is random: the same arguments write the
//! same bytes.

use std::fmt::Write as _;
use std::path::Path;

/// What to generate.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Number of namespaces.
    pub namespaces: usize,
    /// Services in each of them.
    pub services: usize,
    /// Every how many services one has a fault; 0 for none.
    pub fault_every: usize,
}

/// Writes one file per namespace and one for the control plane; gives the number of bytes.
pub(crate) fn write(folder: &Path, shape: Shape) -> std::io::Result<usize> {
    std::fs::create_dir_all(folder)?;
    let mut bytes = 0;
    let mut put = |name: String, text: &str| {
        bytes += text.len();
        std::fs::write(folder.join(name), text)
    };
    put("mesh-config.yaml".to_owned(), CONTROL_PLANE)?;
    let mut count = 0;
    for n in 0..shape.namespaces {
        put(
            format!("team-{n:04}.yaml"),
            &namespace(shape, n, &mut count),
        )?;
    }
    Ok(bytes)
}

const CONTROL_PLANE: &str = "---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |-
    enableAutoMtls: true
    rootNamespace: istio-system
    trustDomain: cluster.local
---
apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istio-ingressgateway, namespace: istio-system, labels: {istio: ingressgateway}}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  template:
    metadata: {labels: {istio: ingressgateway, sidecar.istio.io/inject: 'true'}}
    spec:
      serviceAccountName: istio-ingressgateway
      containers: [{name: istio-proxy, image: auto}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: istio-ingressgateway, namespace: istio-system}
---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {istio: ingressgateway}
  ports: [{name: https, port: 443, targetPort: 8443}]
";

fn namespace(shape: Shape, n: usize, count: &mut usize) -> String {
    let ns = format!("team-{n:04}");
    let next = format!("team-{:04}", (n + 1) % shape.namespaces);
    let mut out = String::with_capacity(48 * 1024);
    let _ = write!(
        out,
        "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {ns}\n  labels:\n    istio-injection: enabled\n\
         ---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  namespace: {ns}\nspec:\n  mtls:\n    mode: STRICT\n\
         ---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: default-deny\n  namespace: {ns}\nspec: {{}}\n"
    );
    if n.is_multiple_of(4) {
        let _ = write!(
            out,
            "---\napiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata:\n  name: default\n  namespace: {ns}\nspec:\n  egress:\n  - hosts:\n    - ./*\n    - istio-system/*\n    - {next}/*\n"
        );
    }
    for s in 0..shape.services {
        *count += 1;
        let faulty = shape.fault_every > 0 && count.is_multiple_of(shape.fault_every);
        let fault = if faulty {
            (*count / shape.fault_every) % 6
        } else {
            6
        };
        service(&mut out, shape, n, s, fault, &ns, &next);
    }
    if n.is_multiple_of(10) {
        edge(&mut out, shape, n, &ns);
    }
    out
}

fn service(out: &mut String, shape: Shape, n: usize, s: usize, fault: usize, ns: &str, next: &str) {
    let name = format!("svc-{s:03}");
    let port_name = if fault == 4 { "web" } else { "http" };
    let host = if fault == 1 {
        format!("{name}-missing")
    } else {
        name.clone()
    };
    let subset = if fault == 0 { "v3" } else { "v2" };
    let caller = if fault == 3 { "nowhere" } else { next };
    let tls = if fault == 2 {
        "DISABLE"
    } else {
        "ISTIO_MUTUAL"
    };
    let weight = if fault == 5 { 20 } else { 10 };
    let upstream = (s + 1) % shape.services;
    let client = (s + shape.services - 1) % shape.services;
    let _ = write!(
        out,
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n  namespace: {ns}\n\
         ---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: {ns}\n  labels:\n    app: {name}\nspec:\n  selector:\n    app: {name}\n  ports:\n  - name: {port_name}\n    port: 8080\n    targetPort: 8080\n"
    );
    for v in ["v1", "v2"] {
        let _ = write!(
            out,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}-{v}\n  namespace: {ns}\n  labels:\n    app: {name}\n    version: {v}\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: {name}\n      version: {v}\n  template:\n    metadata:\n      labels:\n        app: {name}\n        version: {v}\n    spec:\n      serviceAccountName: {name}\n      containers:\n      - name: app\n        image: registry.example.com/{ns}/{name}:1.{s}.{n}\n        ports:\n        - containerPort: 8080\n        env:\n        - name: UPSTREAM\n          value: http://svc-{upstream:03}:8080\n        resources:\n          requests:\n            cpu: 100m\n            memory: 128Mi\n"
        );
    }
    let _ = write!(
        out,
        "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: {name}\n  namespace: {ns}\nspec:\n  host: {name}.{ns}.svc.cluster.local\n  trafficPolicy:\n    tls:\n      mode: {tls}\n    outlierDetection:\n      consecutive5xxErrors: 5\n      interval: 30s\n      baseEjectionTime: 60s\n  subsets:\n  - name: v1\n    labels:\n      version: v1\n  - name: v2\n    labels:\n      version: v2\n\
         ---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: {name}\n  namespace: {ns}\nspec:\n  hosts:\n  - {name}\n  http:\n  - match:\n    - headers:\n        x-canary:\n          exact: \"true\"\n      uri:\n        prefix: /api\n    timeout: 5s\n    retries:\n      attempts: 3\n      perTryTimeout: 2s\n    route:\n    - destination:\n        host: {host}\n        subset: v2\n  - route:\n    - destination:\n        host: {name}\n        subset: v1\n      weight: 90\n    - destination:\n        host: {name}\n        subset: {subset}\n      weight: {weight}\n\
         ---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: {name}\n  namespace: {ns}\nspec:\n  selector:\n    matchLabels:\n      app: {name}\n  action: ALLOW\n  rules:\n  - from:\n    - source:\n        principals:\n        - cluster.local/ns/{ns}/sa/svc-{client:03}\n    - source:\n        namespaces:\n        - {caller}\n    to:\n    - operation:\n        methods: [\"GET\", \"POST\"]\n        paths: [\"/api/*\", \"/healthz\"]\n"
    );
}

fn edge(out: &mut String, shape: Shape, n: usize, ns: &str) {
    let hosts = shape.services.min(5);
    let _ = write!(
        out,
        "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata:\n  name: edge\n  namespace: {ns}\nspec:\n  selector:\n    istio: ingressgateway\n  servers:\n  - port:\n      number: 443\n      name: https\n      protocol: HTTPS\n    tls:\n      mode: SIMPLE\n      serverCertificate: /etc/istio/{ns}/tls.crt\n      privateKey: /etc/istio/{ns}/tls.key\n    hosts:\n"
    );
    for s in 0..hosts {
        let _ = writeln!(out, "    - svc-{s:03}.{ns}.example.com");
    }
    for s in 0..hosts {
        let _ = write!(
            out,
            "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: edge-{s:03}\n  namespace: {ns}\nspec:\n  hosts:\n  - svc-{s:03}.{ns}.example.com\n  gateways:\n  - edge\n  http:\n  - route:\n    - destination:\n        host: svc-{s:03}.{ns}.svc.cluster.local\n        subset: v1\n        port:\n          number: 8080\n"
        );
    }
    let _ = write!(
        out,
        "---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata:\n  name: payments-api\n  namespace: {ns}\nspec:\n  hosts:\n  - api-{n:04}.payments.example.net\n  location: MESH_EXTERNAL\n  resolution: DNS\n  ports:\n  - number: 443\n    name: tls\n    protocol: TLS\n"
    );
}
