// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A variant of vfio-pci for QEMU's NVMe controllers, as other modules are for cards of theirs: an
 * alias of its own beside vfio_pci's that matches all, everything else from vfio_pci_core. It can
 * be told to fail, in each of the ways in which a real one may.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

static bool broken;
module_param(broken, bool, 0);
MODULE_PARM_DESC(broken, "do not load");

static bool refuse;
module_param(refuse, bool, 0644);
MODULE_PARM_DESC(refuse, "take no device");

static int lab_open_device(struct vfio_device *core)
{
	struct vfio_pci_core_device *vdev =
		container_of(core, struct vfio_pci_core_device, vdev);
	int ret = vfio_pci_core_enable(vdev);

	if (ret)
		return ret;
	vfio_pci_core_finish_enable(vdev);
	return 0;
}

static const struct vfio_device_ops lab_ops = {
	.name = "lab-vfio-pci",
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = lab_open_device,
	.close_device = vfio_pci_core_close_device,
	.ioctl = vfio_pci_core_ioctl,
	.get_region_info_caps = vfio_pci_ioctl_get_region_info,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.mmap = vfio_pci_core_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
	.match_token_uuid = vfio_pci_core_match_token_uuid,
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
};

static int lab_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	if (refuse)
		return -EOPNOTSUPP;
	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &lab_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	dev_set_drvdata(&pdev->dev, vdev);
	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void lab_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static const struct pci_device_id lab_table[] = {
	{PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_REDHAT, 0x0010)},
	{},
};
MODULE_DEVICE_TABLE(pci, lab_table);

/* Its name has hyphens, the module's cannot: they are not to be taken for one another. */
static struct pci_driver lab_driver = {
	.name = "lab-nvme-vfio-pci",
	.id_table = lab_table,
	.probe = lab_probe,
	.remove = lab_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};

static int __init lab_init(void)
{
	return broken ? -EIO : pci_register_driver(&lab_driver);
}
module_init(lab_init);

static void __exit lab_exit(void)
{
	pci_unregister_driver(&lab_driver);
}
module_exit(lab_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio-pci variant of the vfioctl lab");
