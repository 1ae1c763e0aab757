//! Metrics of the API.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;

use super::*;
use crate::edge::measure::MAX_LISTS;

/// Counts on this thread alone.
fn recorder() -> (::metrics::LocalRecorderGuard<'static>, PrometheusHandle) {
    let recorder = Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
    let handle = recorder.handle();
    (::metrics::set_default_local_recorder(recorder), handle)
}

fn enqueued(handle: &PrometheusHandle) -> Vec<String> {
    let text = handle.render();
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("conserver_api_count_vcons_enqueued"))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn queued_vcons_are_counted_by_list_and_source() {
    let (_guard, handle) = recorder();
    let api = Api::partners([("p", IngressAuth::Keys(vec!["k".into()]))]);
    api.post("/vcon", &vcon(ID)).await;
    assert!(enqueued(&handle).is_empty(), "no list, no count");
    api.post("/vcon?ingress_lists=a", &vcon(ID)).await;
    api.post("/vcon/ingress?ingress_list=a", &json!([ID, OTHER])).await;
    api.append("DLQ:a", &["1", "2"]).await;
    api.send(keyed("POST", "/dlq/reprocess?ingress_list=a", Body::empty()))
        .await;
    api.send(keyed("POST", "/dlq/reprocess?ingress_list=b", Body::empty()))
        .await;
    let partner = request("POST", "/vcon/external-ingress?ingress_list=p").header("x-conserver-api-token", "k");
    api.send(partner.body(Body::from(vcon(ID).to_string())).unwrap()).await;
    let name = "conserver_api_count_vcons_enqueued_total";
    let expected = [
        format!("{name}{{ingress_list=\"a\",source=\"dlq_reprocess\"}} 2"),
        format!("{name}{{ingress_list=\"a\",source=\"new\"}} 1"),
        format!("{name}{{ingress_list=\"a\",source=\"reingress\"}} 1"),
        format!("{name}{{ingress_list=\"p\",source=\"external\"}} 1"),
    ];
    assert_eq!(enqueued(&handle), expected);
}

#[tokio::test]
async fn the_number_of_labels_is_bounded() {
    let (_guard, handle) = recorder();
    let api = Api::new();
    for at in 0..MAX_LISTS + 20 {
        api.post(&format!("/vcon?ingress_lists=list{at}"), &vcon(ID)).await;
        api.get(&format!("/nothing/{at}")).await;
        api.get(&format!("/vcon/{at}")).await;
    }
    assert_eq!(enqueued(&handle).len(), MAX_LISTS + 1);
    let text = handle.render();
    let requests: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("vconduit_http_requests_total{"))
        .collect();
    assert_eq!(requests.len(), 3, "{requests:?}");
    assert!(
        text.contains(r#"vconduit_http_requests_total{method="GET",path="/vcon/{vcon_uuid}",status="422"} 276"#),
        "{requests:?}"
    );
    assert!(text.contains(r#"path="none",status="404""#));
}

#[tokio::test]
async fn saved_dead_letters_of_a_storage_are_counted() {
    let (_guard, handle) = recorder();
    let (api, _) = storage_letters::scene(&[ID, OTHER]).await;
    api.post("/dlq/storage/reprocess?storage_name=s", &Value::Null).await;
    let text = handle.render();
    let line = "vconduit_storage_replayed_total{backend=\"s\"} 2";
    assert!(text.lines().any(|found| found == line), "{text}");
}
