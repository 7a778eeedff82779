// A stand-in for an accelerator, to test where things are computed on a machine that has none. Its memory is ordinary
// memory, but PyTorch believes that it lies elsewhere: what mixes tensors of both, or reads one as an array, raises as
// it does on a GPU. Operations are those of the processor, so that a training comes to the same numbers as there.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/as_strided_cpu_dispatch.h>
#include <ATen/ops/set_cpu_dispatch.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <cstdlib>

namespace {
constexpr auto kFake = c10::DeviceType::PrivateUse1;
int64_t held = 0, most = 0, limit = 0;

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kFake; }
  c10::Device exchangeDevice(c10::Device) const override { return getDevice(); }
  c10::Device getDevice() const override { return c10::Device(kFake, 0); }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const override { return c10::Stream(c10::Stream::DEFAULT, getDevice()); }
  c10::Stream getNewStream(c10::Device, int) const override { return c10::Stream(c10::Stream::DEFAULT, getDevice()); }
  c10::Stream exchangeStream(c10::Stream) const override { return c10::Stream(c10::Stream::DEFAULT, getDevice()); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  bool queryStream(const c10::Stream&) const override { return true; }
  void synchronizeStream(const c10::Stream&) const override {}
  void synchronizeDevice(c10::DeviceIndex) const override {}
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void synchronizeEvent(void*) const override {}
  void destroyEvent(void*, c10::DeviceIndex) const noexcept override {}
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

struct Hooks final : at::PrivateUse1HooksInterface {
  void init() const override {}
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  c10::Device getDeviceFromPtr(void*) const override { return c10::Device(kFake, 0); }
  // Draws come from the CPU's generator, so that they are those of a run on the CPU.
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override { return at::detail::getDefaultCPUGenerator(); }
};
const bool hooked = [] { at::RegisterPrivateUse1HooksInterface(new Hooks()); return true; }();

struct Block { int64_t size; int64_t pad[7]; };
void release(void* data) {
  if (data == nullptr) return;
  auto* block = static_cast<Block*>(data) - 1;
  held -= block->size;
  std::free(block);
}

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(size_t size) override {
    void* data = nullptr;
    if (size > 0) {
      TORCH_CHECK_WITH(OutOfMemoryError, limit == 0 || held + static_cast<int64_t>(size) <= limit,
                       "fake out of memory. Tried to allocate ", size, " bytes");
      auto* block = static_cast<Block*>(std::aligned_alloc(64, (sizeof(Block) + size + 63) / 64 * 64));
      block->size = static_cast<int64_t>(size);
      held += block->size;
      most = std::max(most, held);
      data = block + 1;
    }
    return {data, data, &release, c10::Device(kFake, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t size) const override { default_copy_data(to, from, size); }
};
Memory memory;
REGISTER_ALLOCATOR(kFake, &memory);

at::Tensor empty(c10::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   c10::dtype_or_default(dtype), format);
}

at::Tensor empty_strided(c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<at::ScalarType> dtype,
                         std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           c10::dtype_or_default(dtype));
}

// The same memory, as a tensor of the CPU.
at::Tensor as_cpu(const at::Tensor& one) {
  if (one.device().is_cpu()) return one;
  return at::from_blob(const_cast<void*>(one.storage().data()), one.sizes(), one.strides(), one.storage_offset(),
                       [](void*) {}, one.options().device(at::kCPU));
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  at::Tensor there = as_cpu(to);
  there.copy_(as_cpu(from));
  return to;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  if (to.sizes() != from.sizes()) to.resize_(from.sizes());
  return copy_from(from, to, false);
}

at::Tensor as_strided(const at::Tensor& self, c10::IntArrayRef size, c10::IntArrayRef stride,
                      std::optional<int64_t> offset) {
  return at::cpu::as_strided(self, size, stride, offset);
}

at::Tensor view(const at::Tensor& self, c10::SymIntArrayRef size) {
  return at::native::view(self, C10_AS_INTARRAYREF_SLOW(size));
}

const at::Tensor& resize_(const at::Tensor& self, c10::SymIntArrayRef size, std::optional<at::MemoryFormat> format) {
  const auto wanted = C10_AS_INTARRAYREF_SLOW(size);
  auto* impl = self.unsafeGetTensorImpl();
  impl->set_sizes_contiguous(wanted);
  const auto bytes = static_cast<size_t>(impl->storage_offset() + impl->numel()) * impl->itemsize();
  auto storage = self.storage();
  if (bytes > storage.nbytes()) {
    auto fresh = memory.allocate(bytes);
    if (storage.nbytes()) std::memcpy(fresh.get(), storage.data(), storage.nbytes());
    storage.set_data_ptr_noswap(std::move(fresh));
    storage.set_nbytes(bytes);
  }
  if (format.has_value()) impl->empty_tensor_restride(*format);
  return self;
}

at::Tensor& set_storage(at::Tensor& self, at::Storage source, int64_t offset, c10::IntArrayRef size,
                        c10::IntArrayRef stride) {
  return at::cpu::set_(self, source, offset, size, stride);
}

at::Tensor& set_plain(at::Tensor& self, at::Storage source) {
  const auto n = static_cast<int64_t>(source.nbytes() / self.itemsize());
  return at::cpu::set_(self, source, 0, {n}, {});
}

at::Scalar item(const at::Tensor& self) { return at::_local_scalar_dense(as_cpu(self)); }

at::Tensor reshape_alias(const at::Tensor& self, c10::SymIntArrayRef size, c10::SymIntArrayRef stride) {
  return at::cpu::as_strided(self, C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride), self.storage_offset());
}

at::Tensor on_device(const at::Tensor& one) {
  return one.defined() ? one.to(c10::Device(kFake, 0)) : one;
}

at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                       c10::SymIntArrayRef stride, c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                       bool transposed, c10::SymIntArrayRef output_padding, c10::SymInt groups) {
  std::optional<at::Tensor> shift;
  if (bias.has_value() && bias->defined()) shift = as_cpu(*bias);
  return on_device(at::convolution_symint(as_cpu(input), as_cpu(weight), shift, stride, padding, dilation, transposed,
                                          output_padding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor& grad, const at::Tensor& input, const at::Tensor& weight, c10::SymIntArrayRef stride,
    c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation, bool transposed, c10::SymIntArrayRef output_padding,
    c10::SymInt groups, std::array<bool, 3> mask) {
  const c10::SymInt out = transposed ? weight.sym_size(1) * groups : weight.sym_size(0);
  auto found = at::convolution_backward_symint(as_cpu(grad), as_cpu(input), as_cpu(weight), c10::SymIntArrayRef(&out, 1),
                                               stride, padding, dilation, transposed, output_padding, groups, mask);
  return {on_device(std::get<0>(found)), on_device(std::get<1>(found)), on_device(std::get<2>(found))};
}

// Its schema does not say that it changes the running statistics, so that the fallback would lose them.
std::tuple<at::Tensor, at::Tensor, at::Tensor> batch_norm(
    const at::Tensor& input, const std::optional<at::Tensor>& weight, const std::optional<at::Tensor>& bias,
    const std::optional<at::Tensor>& mean, const std::optional<at::Tensor>& var, bool training, double momentum,
    double eps) {
  const auto there = [](const std::optional<at::Tensor>& one) -> std::optional<at::Tensor> {
    return one.has_value() && one->defined() ? std::optional(as_cpu(*one)) : std::nullopt;
  };
  auto found = at::native_batch_norm(as_cpu(input), there(weight), there(bias), there(mean), there(var), training,
                                     momentum, eps);
  return {on_device(std::get<0>(found)), on_device(std::get<1>(found)), on_device(std::get<2>(found))};
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("native_batch_norm", &batch_norm);
  m.impl("convolution_overrideable", &convolution);
  m.impl("convolution_backward_overrideable", &convolution_backward);
  m.impl("empty.memory_format", &empty);
  m.impl("empty_strided", &empty_strided);
  m.impl("_copy_from", &copy_from);
  m.impl("_copy_from_and_resize", &copy_from_and_resize);
  m.impl("as_strided", &as_strided);
  m.impl("view", &view);
  m.impl("_reshape_alias", &reshape_alias);
  m.impl("resize_", &resize_);
  m.impl("set_.source_Storage_storage_offset", &set_storage);
  m.impl("set_.source_Storage", &set_plain);
  m.impl("_local_scalar_dense", &item);
}

void fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  // As a GPU does: tensors of one operation lie on one device, numbers without axes aside.
  bool fake = false, cpu = false;
  const auto look = [&](const at::Tensor& one) {
    if (!one.defined() || (one.dim() == 0 && one.device().is_cpu())) return;
    (one.device().is_cpu() ? cpu : fake) = true;
  };
  for (const auto& value : torch::jit::last(*stack, op.schema().arguments().size())) {
    if (value.isTensor()) look(value.toTensor());
    else if (value.isTensorList()) for (const at::Tensor& one : value.toTensorVector()) look(one);
    // Lists of optional tensors are places to take values from, which may lie on the processor for a GPU as well.
  }
  TORCH_CHECK(!(fake && cpu), "Expected all tensors to be on the same device, but ", op.schema().name(),
              " was given some on the processor");
  at::native::cpu_fallback(op, stack);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>()); }
TORCH_LIBRARY_IMPL(_, AutocastPrivateUse1, m) { m.fallback(torch::CppFunction::makeFallthrough()); }
TORCH_LIBRARY_IMPL(aten, AutocastPrivateUse1, m) {
  KERNEL_PRIVATEUSEONE(mm, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(bmm, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(addmm, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(baddbmm, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(linear, lower_precision_fp)
  KERNEL_PRIVATEUSEONE(matmul, lower_precision_fp)
}
TORCH_LIBRARY_IMPL(_, AutogradPrivateUse1, m) { m.fallback(torch::CppFunction::makeFallthrough()); }
}  // namespace

extern "C" {
int64_t fake_held() { return held; }
int64_t fake_most() { return most; }
void fake_forget() { most = held; }
void fake_limit(int64_t bytes) { limit = bytes; }
}
