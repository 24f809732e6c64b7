use rayon_core::ThreadPool;

// ringfence: root
pub fn frame(pool: &ThreadPool, positions: &mut [f32], step: f32) {
    pool.install(|| {
        for each in positions.iter_mut() {
            *each += step;
        }
    });
}
