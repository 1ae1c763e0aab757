//! Cost of a hostile neighbour for a chain: one attack after the other in the same host, without a
//! pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use redis::Commands as _;
use serde_json::{Value, json};
use vconduit_harness::components::hostile_file;
use vconduit_harness::{Host, RedisServer, eventually, samples};

use crate::Scale;
use crate::figure::Figure;

/// Attacks of `tests/hostile` that need no service: on the processor, the memory, the log, the
/// document, and by a crash.
static ATTACKS: [&str; 16] = [
    "spin",
    "spin_in_host",
    "memory_bomb",
    "handle_bomb",
    "copy_bomb",
    "edit_bomb",
    "stack_overflow",
    "panic",
    "log_flood",
    "log_escapes",
    "huge_output",
    "deep_output",
    "giant_random",
    "many_refused_requests",
    "other_vcon",
    "wrong_uuid",
];

/// Rounds of "alone" and "with attacks". The median counts: the speed of a shared machine changes
/// within a minute.
const ROUNDS: usize = 3;

/// A chain with one link: alone, with all attacks in turn, and with the attack that costs most.
pub async fn neighbour(scale: Scale) -> Vec<Figure> {
    let vcons = samples::many(scale.of(20_000));
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(throughput(&vcons, &[]).await);
        beside.push(throughput(&vcons, &ATTACKS).await);
    }
    let mut each = Vec::new();
    for attack in &ATTACKS {
        each.push((throughput(&vcons, std::slice::from_ref(attack)).await, attack));
    }
    each.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (worst, name) = each[0];
    let alone = median(alone);
    let figure = |what: String, value| Figure {
        what,
        value,
        unit: "vCon/s",
        reach: "≥ 0.8 of alone",
        limit: Some(alone),
        limit_is: "the same, alone",
    };
    vec![
        figure(
            format!(
                "tag over Redis beside {} attacks in turn, one after the other without end",
                ATTACKS.len()
            ),
            median(beside),
        ),
        figure(format!("the same beside the worst of them alone, {name}"), worst),
    ]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn config() -> String {
    let mut links = json!({"tag": {"module": "links.tag", "options": {"tags": ["bench"]}}});
    let mut chains = json!({"good": {"links": ["tag"], "ingress_lists": ["in"], "egress_lists": ["out"]}});
    for attack in ATTACKS {
        links[attack] = json!({"component": hostile_file(attack),
            "limits": {"cpu_ms": 500, "memory_bytes": 33_554_432, "attempts": 1}});
        chains[attack] =
            json!({"links": [attack], "ingress_lists": [attack], "egress_lists": [format!("{attack}_out")]});
    }
    Value::to_string(&json!({"links": links, "chains": chains}))
}

async fn throughput(vcons: &[(String, String)], attacks: &'static [&'static str]) -> f64 {
    let redis = RedisServer::start();
    let mut connection = redis.connect();
    for (id, text) in vcons {
        let _: () = connection.set(format!("vcon:{id}"), text).expect("SET");
    }
    let _host = Host::with(config()).redis(&redis).start().await;
    let stop = Arc::new(AtomicBool::new(false));
    let attack = attack(redis.connect(), vcons[0].1.clone(), attacks, stop.clone());
    let attacking = tokio::spawn(attack);
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
    stop.store(true, Ordering::Relaxed);
    attacking.await.expect("the attacks end");
    per_second
}

/// Runs one attack after the other until a stop is requested.
async fn attack(mut connection: redis::Connection, vcon: String, attacks: &[&str], stop: Arc<AtomicBool>) {
    for list in attacks.iter().cycle().take_while(|_| !stop.load(Ordering::Relaxed)) {
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
