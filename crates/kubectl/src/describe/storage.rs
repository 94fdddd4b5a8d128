//! `describe pvc`, `describe pv`, `describe storageclass`.

use cluster::object::Pod;

use super::Page;
use crate::printers::access_modes;

fn finalizers(page: &mut Page<'_>) {
    let list = page.object.metadata().finalizers.join(" ");
    page.pair(0, "Finalizers", &format!("[{list}]"));
}

fn status(page: &mut Page<'_>) {
    let status = page.terminating();
    let phase = page.fields.text("/status/phase").to_owned();
    page.pair(0, "Status", &status.unwrap_or(phase));
}

pub(super) fn describe_claim(page: &mut Page<'_>) {
    page.name();
    let class = page.fields.text("/spec/storageClassName");
    page.pair(0, "StorageClass", class);
    status(page);
    let volume = page.fields.text("/spec/volumeName");
    page.pair(0, "Volume", volume);
    page.own_labels();
    page.annotations();
    finalizers(page);
    let bound = !volume.is_empty();
    let capacity = match page.fields.text("/status/capacity/storage") {
        "" if bound => "0",
        capacity => capacity,
    };
    page.pair(0, "Capacity", if bound { capacity } else { "" });
    let modes = access_modes(page.fields, "/status/accessModes");
    page.pair(0, "Access Modes", if bound { &modes } else { "" });
    page.pair_if_any(0, "VolumeMode", "/spec/volumeMode");
    let claim = page.object.name();
    let pods = page.cluster.store().list::<Pod>();
    let users = pods.filter(|pod| pod.spec.uses_claim(claim));
    let users: Vec<String> = users.map(|pod| pod.metadata.name.clone()).collect();
    page.lines("", "Used By", &users);
}

pub(super) fn describe_volume(page: &mut Page<'_>) {
    page.name();
    page.own_labels();
    page.annotations();
    finalizers(page);
    let class = page.fields.text("/spec/storageClassName");
    page.pair(0, "StorageClass", class);
    status(page);
    let claim = match page.fields.text("/spec/claimRef/name") {
        "" => String::new(),
        name => format!("{}/{name}", page.fields.text("/spec/claimRef/namespace")),
    };
    page.pair(0, "Claim", &claim);
    let policy = page.fields.text("/spec/persistentVolumeReclaimPolicy");
    page.pair(0, "Reclaim Policy", policy);
    let modes = access_modes(page.fields, "/spec/accessModes");
    page.pair(0, "Access Modes", &modes);
    page.pair_if_any(0, "VolumeMode", "/spec/volumeMode");
    let capacity = page.fields.text("/spec/capacity/storage");
    page.pair(0, "Capacity", capacity);
    let affinity = page.fields.0.pointer("/spec/nodeAffinity").is_some();
    page.pair(0, "Node Affinity", if affinity { "" } else { "<none>" });
    let message = page.fields.text("/status/message");
    page.pair(0, "Message", message);
    page.line(0, "Source:");
    source(page);
}

/// Title and name of a field.
type TitledField = (&'static str, &'static str);

/// Where the disk lies: the type, and its fields.
fn source(page: &mut Page<'_>) {
    const SOURCES: &[(&str, &str, &[TitledField])] = &[
        (
            "hostPath",
            "HostPath (bare host directory volume)",
            &[("Path", "path"), ("HostPathType", "type")],
        ),
        (
            "gcePersistentDisk",
            "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
            &[
                ("PDName", "pdName"),
                ("FSType", "fsType"),
                ("Partition", "partition"),
                ("ReadOnly", "readOnly"),
            ],
        ),
        (
            "local",
            "LocalVolume (a persistent volume backed by local storage on a node)",
            &[("Path", "path")],
        ),
        (
            "nfs",
            "NFS (an NFS mount that lasts the lifetime of a pod)",
            &[
                ("Server", "server"),
                ("Path", "path"),
                ("ReadOnly", "readOnly"),
            ],
        ),
        (
            "csi",
            "CSI (a Container Storage Interface (CSI) volume source)",
            &[
                ("Driver", "driver"),
                ("VolumeHandle", "volumeHandle"),
                ("ReadOnly", "readOnly"),
            ],
        ),
    ];
    let spec = page.fields.0.get("spec");
    let known = SOURCES
        .iter()
        .find_map(|known| Some((known, spec?.get(known.0)?)));
    let Some(((_, kind, fields), source)) = known else {
        return page.line(2, "<unknown>");
    };
    page.pair(2, "Type", kind);
    for (title, field) in *fields {
        let value = source.get(*field).map(crate::path::shown);
        let default = match *field {
            "readOnly" => "false",
            "partition" => "0",
            _ => "",
        };
        page.pair(2, title, &value.unwrap_or_else(|| default.to_owned()));
    }
}

pub(super) fn describe_class(page: &mut Page<'_>) {
    page.name();
    let default = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";
    let default = page.fields.text(default) == "true";
    page.pair(0, "IsDefaultClass", if default { "Yes" } else { "No" });
    page.annotations();
    page.pair_if_any(0, "Provisioner", "/provisioner");
    let parameters = page.map("/parameters");
    let list: Vec<String> = parameters.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let list = match list.is_empty() {
        true => "<none>".to_owned(),
        false => list.join(","),
    };
    page.pair(0, "Parameters", &list);
    let expands = match page
        .fields
        .0
        .get("allowVolumeExpansion")
        .and_then(|v| v.as_bool())
    {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    page.pair(0, "AllowVolumeExpansion", expands);
    page.pair(0, "MountOptions", "<none>");
    page.pair_if_any(0, "ReclaimPolicy", "/reclaimPolicy");
    page.pair_if_any(0, "VolumeBindingMode", "/volumeBindingMode");
}
