//! What a chain loses to a neighbour that means harm: one attack after the other in the same host, all the time.

use std::time::{Duration, Instant};

use redis::Commands as _;
use serde_json::{Value, json};
use vconduit_harness::{Host, RedisServer, eventually, samples};

use crate::Scale;
use crate::figure::Figure;

/// Attacks that take most: processor, memory, the log, and the way out of a crash.
const ATTACKS: [&str; 4] = ["spin", "memory_bomb", "log_flood", "panic"];

/// Where `tests/run` puts them, from the folder of the project.
const BUILT: &str = "target/links-hostile/wasm32-wasip2/release/examples";

/// A chain with one link, alone and beside attacks.
pub async fn neighbour(scale: Scale) -> Vec<Figure> {
    let vcons = samples::many(scale.of(20_000));
    let alone = throughput(&vcons, false).await;
    let beside = throughput(&vcons, true).await;
    vec![Figure {
        what: "tag over Redis while another chain is under attack".into(),
        value: beside,
        unit: "vCon/s",
        reach: "≥ 0.8 of alone",
        limit: Some(alone),
        limit_is: "the same, alone",
    }]
}

fn config() -> String {
    let mut links = json!({"tag": {"module": "links.tag", "options": {"tags": ["bench"]}}});
    let mut chains = json!({"good": {"links": ["tag"], "ingress_lists": ["in"], "egress_lists": ["out"]}});
    for attack in ATTACKS {
        let component = samples::root().join(BUILT).join(attack).with_extension("wasm");
        assert!(
            component.is_file(),
            "{} is missing: tests/run builds it",
            component.display()
        );
        links[attack] =
            json!({"component": component, "limits": {"cpu_ms": 500, "memory_bytes": 33_554_432, "attempts": 1}});
        chains[attack] =
            json!({"links": [attack], "ingress_lists": [attack], "egress_lists": [format!("{attack}_out")]});
    }
    Value::to_string(&json!({"links": links, "chains": chains}))
}

async fn throughput(vcons: &[(String, String)], attacked: bool) -> f64 {
    let redis = RedisServer::start();
    let mut connection = redis.connect();
    for (id, text) in vcons {
        let _: () = connection.set(format!("vcon:{id}"), text).expect("SET");
    }
    let _host = Host::with(config()).redis(&redis).start().await;
    let attacks = attacked.then(|| tokio::spawn(attack(redis.connect(), vcons[0].1.clone())));
    let ids: Vec<&str> = vcons.iter().map(|(id, _)| id.as_str()).collect();
    let began = Instant::now();
    for chunk in ids.chunks(1_000) {
        let _: i64 = connection.rpush("in", chunk).expect("RPUSH");
    }
    eventually("all vCons are through", Duration::from_secs(600), async || {
        let done: usize = redis.connect().llen("out").expect("LLEN");
        (done == vcons.len()).then_some(())
    })
    .await;
    let per_second = vcons.len() as f64 / began.elapsed().as_secs_f64();
    if let Some(attacks) = attacks {
        attacks.abort();
    }
    per_second
}

/// One attack after the other, without end.
async fn attack(mut connection: redis::Connection, vcon: String) {
    for list in ATTACKS.iter().cycle() {
        let id = uuid::Uuid::new_v4().to_string();
        let text = samples::with_id(&vcon, &id);
        let _: () = connection.set(format!("vcon:{id}"), text).expect("SET");
        let _: i64 = connection.rpush(list, &id).expect("RPUSH");
        loop {
            let ends: [usize; 2] =
                [format!("DLQ:{list}"), format!("{list}_out")].map(|list| connection.lrem(list, 0, &id).expect("LREM"));
            if ends.iter().sum::<usize>() > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
