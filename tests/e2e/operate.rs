//! Operation of hosts: the command line, metrics, split roles, keys.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use vconduit_harness::{Host, RedisServer, SOON, eventually, host::binary, samples};
use vconduit_standard_links::standard;

const CONFIG: &str = "links: {tag: {module: links.tag, options: {tags: [x]}}}\nchains:\n  main: {links: [tag], ingress_lists: [in], egress_lists: [out]}\n";

#[tokio::test]
async fn metrics_pass_promtool_and_hold_no_vcon_id() {
    let host = Host::with(CONFIG).start().await;
    let vcons = samples::many(20);
    for (_, text) in &vcons {
        host.post_vcon(text, "in").await;
    }
    host.until_depth("out", 20).await;
    let (status, text) = host.get("/metrics").await;
    assert_eq!(status, 200);
    for (id, _) in &vcons {
        assert!(!text.contains(id), "/metrics holds a vCon id");
    }
    for name in [
        "conserver_link_count_total",
        "conserver_main_loop_count_vcons_processed_total",
        "conserver_api_count_vcons_enqueued_total",
    ] {
        assert!(text.contains(name), "/metrics lacks {name}:\n{text}");
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool (Debian package prometheus)");
    promtool
        .stdin
        .take()
        .expect("its input")
        .write_all(text.as_bytes())
        .expect("it reads");
    let output = promtool.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "promtool finds fault with /metrics:\n{said}");
}

#[tokio::test]
async fn roles_can_be_split_over_processes() {
    let redis = RedisServer::start();
    let api = Host::with(CONFIG).redis(&redis).roles("api").start().await;
    let (id, text) = samples::many(1).remove(0);
    api.post_vcon(&text, "in").await;
    let worker = Host::with(CONFIG).redis(&redis).roles("worker").start().await;
    eventually("the worker works", SOON, async || {
        (redis.list("out") == [id.clone()]).then_some(())
    })
    .await;
    let found = api.admin_ok("GET", &format!("/where/{id}"), None).await;
    let hosts = api.admin_ok("GET", "/hosts", None).await;
    let mut known = hosts["hosts"].as_array().expect("hosts").iter();
    let own = known.find(|host| api.url("").ends_with(host["address"].as_str().unwrap_or("none")));
    let own = own.expect("the host with the role `api`");
    assert_ne!(
        found["trail"][0]["host"], own["id"],
        "a host without the role `worker` worked"
    );
    let (status, _) = worker.post("/vcon", text).await;
    assert_eq!(status, 404, "a host without the role `api` took a vCon");
}

#[tokio::test]
async fn a_compile_cache_that_cannot_be_written_costs_time_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").expect("a file");
    let below = file.join("cache").display().to_string();
    let host = Host::with(CONFIG)
        .env("VCONDUIT_COMPILE_CACHE_DIR", below.clone())
        .start()
        .await;
    host.post_vcon(&samples::calls()[0], "in").await;
    host.until_depth("out", 1).await;
    let log = host.log();
    assert!(log.contains(&below), "the log does not name the cache:\n{log}");
}

#[tokio::test]
async fn a_version_is_compiled_on_every_host_before_it_is_active_anywhere() {
    let redis = RedisServer::start();
    let host = || {
        Host::with(CONFIG)
            .redis(&redis)
            .env("VCONDUIT_COMPILE_CACHE_DIR", "compiled")
            .start()
    };
    let (first, second) = (host().await, host().await);
    let component = standard().find(|link| link.name == "delay").expect("a standard link");
    let upload = first
        .client()
        .post(first.url("/admin/v1/links/later/versions"))
        .header("content-type", "application/wasm")
        .body(component.bytes);
    let answer = upload.send().await.expect("a response").text().await.expect("a body");
    let kept: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(kept["active"], false, "{kept}");
    let digest = kept["digest"].as_str().expect("a digest");
    eventually("the other host has compiled it", Duration::from_secs(60), async || {
        let files = std::fs::read_dir(second.folder().join("compiled")).expect("a cache");
        files
            .filter_map(Result::ok)
            .any(|file| file.file_name().to_string_lossy().starts_with(digest))
            .then_some(())
    })
    .await;
    let (_, link) = second.get("/admin/v1/links/later").await;
    let link: serde_json::Value = serde_json::from_str(&link).expect("JSON");
    assert_eq!(link["active"], serde_json::Value::Null, "nobody has put it in force");
    let path = format!("/admin/v1/links/later/versions/{digest}/activate");
    let (status, switched) = first.post(&path, "").await;
    let switched: serde_json::Value = serde_json::from_str(&switched).expect("JSON");
    assert_eq!(
        (status, switched["confirmed"].as_array().map(Vec::len)),
        (200, Some(2)),
        "{switched}"
    );
}

#[tokio::test]
async fn a_second_host_on_the_same_file_is_refused_with_the_pid_of_the_first() {
    let first = Host::with(CONFIG).start().await;
    let second = Host::with(CONFIG).in_folder_of(&first).spawn();
    let pid = first.pid().expect("it runs").to_string();
    eventually("the second host says who has the file", SOON, async || {
        second.log().contains(&pid).then_some(())
    })
    .await;
}

#[tokio::test]
async fn requests_need_the_key_if_one_is_set() {
    let host = Host::with(CONFIG).env("CONSERVER_API_TOKEN", "the-key").start().await;
    let (status, body) = host.post("/vcon", samples::calls()[0].clone()).await;
    assert_eq!((status, body.as_str()), (403, "{\"detail\":\"Invalid API Key\"}"));
    let with_key = host
        .client()
        .get(host.url("/api/vcon"))
        .header("x-conserver-api-token", "the-key")
        .send()
        .await
        .expect("a response");
    assert_eq!(with_key.status(), 200);
    assert!(!host.log().contains("the-key"), "the key is in the log");
}

#[test]
fn check_config_names_every_problem_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bad.yml");
    std::fs::write(
        &file,
        "chains:\n  a:\n    links: [nope]\n    ingress_lists: 7\nlinks:\n  t: {module: links.tagg}\n",
    )
    .expect("the file");
    let output = Command::new(binary())
        .arg("check-config")
        .arg(&file)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for line in [":3:", ":4:", ":6:"] {
        assert!(said.contains(line), "the problem on line {line} is not said:\n{said}");
    }
}

#[test]
fn check_config_refuses_what_a_host_would_refuse_at_its_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("unrunnable.yml");
    let text = "chains:\n  a: {links: [t], ingress_lists: [i], storages: [pg]}\nlinks:\n  t: {module: links.tag, options: {tags: 5}}\n\
        storages:\n  pg: {module: storage.postgres, options: {port: x}}\n";
    std::fs::write(&file, text).expect("the file");
    let output = Command::new(binary())
        .arg("check-config")
        .arg(&file)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for line in [":4:", ":6:"] {
        assert!(said.contains(line), "the problem on line {line} is not named:\n{said}");
    }
}

#[tokio::test]
async fn a_host_for_a_chain_that_does_not_exist_names_those_that_do() {
    let config = "chains:\n  main: {links: [], ingress_lists: [in]}\n  other: {links: [], ingress_lists: [to]}\n";
    let mut host = Host::with(config).env("VCONDUIT_CHAINS", "main,mian").spawn();
    eventually("the host has ended", SOON, async || {
        host.log().contains("--chains").then_some(())
    })
    .await;
    let log = host.log();
    assert!(
        log.contains("there is no chain `mian`; the configuration has: main, other"),
        "{log}"
    );
    host.kill();
    let host = Host::with(config).env("VCONDUIT_CHAINS", "other").start().await;
    let output = Command::new(binary())
        .args(["check-config", "--chains", "other,mian"])
        .arg(host.folder().join("vconduit.yml"))
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is no chain `mian`"), "{said}");
}

#[test]
fn check_config_accepts_the_configurations_of_the_repository() {
    for file in ["config/vconduit.yml", "config/conserver.yml"] {
        let path = samples::root().join(file);
        let output = Command::new(binary())
            .arg("check-config")
            .arg(&path)
            .current_dir(samples::root())
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{file}: {said}");
    }
}

#[test]
fn the_demo_brings_every_vcon_where_it_should_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = samples::root();
    let output = Command::new(binary())
        .args(["demo", "--json", "--listen", "127.0.0.1:0", "--config"])
        .arg(root.join("config/vconduit.yml"))
        .arg("--samples")
        .arg(root.join("config/samples"))
        .current_dir(folder.path())
        .env_remove("REDIS_URL")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let summary: serde_json::Value = serde_json::from_str(&said).expect("one JSON object");
    assert_eq!(summary["dlq"], 0, "{said}");
    assert!(summary["vcons_in"].as_u64() >= Some(26), "{said}");
    for link in ["tag", "jq_link", "tag_router", "sampler", "diet", "webhook"] {
        let found = summary["links"].as_array().is_some_and(|links| {
            links
                .iter()
                .any(|row| row["name"] == link && row["runs"].as_u64() > Some(0))
        });
        assert!(found, "{link} did not run: {said}");
    }
}
