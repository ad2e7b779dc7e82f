//! Makes the wire forms of the session from `proto/`, without a system `protoc`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = "../../proto";
    println!("cargo:rerun-if-changed={root}/watchfire/v1/session.proto");
    let files = protox::compile(["watchfire/v1/session.proto"], [root])?;
    prost_build::Config::new().compile_fds(files)?;
    Ok(())
}
