package lossy

import (
	"context"
	"os"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Mount shows the disk at a folder, through FUSE, and returns what ends that. It needs /dev/fuse and the right to mount. This
// process itself must not touch what is below the folder: it would wait for itself.
func (d *Disk) Mount(folder string) (unmount func() error, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	server, err := fs.Mount(folder, &dirNode{disk: d}, &fs.Options{MountOptions: fuse.MountOptions{
		DirectMount: true, FsName: "lossy", Name: "lossy", DisableXAttrs: true, MaxWrite: 128 << 10,
	}})
	if err != nil {
		return nil, err
	}
	return server.Unmount, nil
}

// dirNode is the folder.
type dirNode struct {
	fs.Inode
	disk *Disk
}

var (
	_ fs.NodeLookuper  = (*dirNode)(nil)
	_ fs.NodeCreater   = (*dirNode)(nil)
	_ fs.NodeUnlinker  = (*dirNode)(nil)
	_ fs.NodeRenamer   = (*dirNode)(nil)
	_ fs.NodeReaddirer = (*dirNode)(nil)
	_ fs.NodeFsyncer   = (*dirNode)(nil)
	_ fs.NodeGetattrer = (*dirNode)(nil)
)

// Getattr tells of the folder.
func (n *dirNode) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Nlink = syscall.S_IFDIR|0o700, 2
	return 0
}

// Lookup finds a file.
func (n *dirNode) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	f, ok := n.disk.find(name)
	if !ok {
		return nil, syscall.ENOENT
	}
	return n.node(ctx, f, &out.Attr), 0
}

func (n *dirNode) node(ctx context.Context, f *file, out *fuse.Attr) *fs.Inode {
	x := &fileNode{disk: n.disk, file: f}
	x.fill(out)
	return n.NewInode(ctx, x, fs.StableAttr{Mode: syscall.S_IFREG, Ino: f.number})
}

// Create makes a file.
func (n *dirNode) Create(ctx context.Context, name string, _, _ uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	return n.node(ctx, n.disk.create(name), &out.Attr), nil, 0, 0
}

// Unlink removes a file.
func (n *dirNode) Unlink(_ context.Context, name string) syscall.Errno { return n.disk.remove(name) }

// Rename renames a file.
func (n *dirNode) Rename(_ context.Context, name string, _ fs.InodeEmbedder, to string, _ uint32) syscall.Errno {
	return n.disk.rename(name, to)
}

// Readdir lists the files.
func (n *dirNode) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	var list []fuse.DirEntry
	for _, name := range n.disk.names() {
		list = append(list, fuse.DirEntry{Name: name, Mode: syscall.S_IFREG})
	}
	return fs.NewListDirStream(list), 0
}

// Fsync makes the names durable.
func (n *dirNode) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	n.disk.syncNames()
	return 0
}

// fileNode is a file.
type fileNode struct {
	fs.Inode
	disk *Disk
	file *file
}

var (
	_ fs.NodeGetattrer = (*fileNode)(nil)
	_ fs.NodeSetattrer = (*fileNode)(nil)
	_ fs.NodeOpener    = (*fileNode)(nil)
	_ fs.NodeReader    = (*fileNode)(nil)
	_ fs.NodeWriter    = (*fileNode)(nil)
	_ fs.NodeFsyncer   = (*fileNode)(nil)
)

func (n *fileNode) fill(out *fuse.Attr) {
	out.Mode, out.Nlink, out.Size = syscall.S_IFREG|0o600, 1, uint64(n.disk.size(n.file))
}

// Getattr tells of the file.
func (n *fileNode) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.fill(&out.Attr)
	return 0
}

// Setattr changes its size; rights and times it has not.
func (n *fileNode) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok {
		n.disk.truncate(n.file, int64(size))
	}
	n.fill(&out.Attr)
	return 0
}

// Open opens it.
func (n *fileNode) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_KEEP_CACHE, 0
}

// Read reads.
func (n *fileNode) Read(_ context.Context, _ fs.FileHandle, into []byte, at int64) (fuse.ReadResult, syscall.Errno) {
	return fuse.ReadResultData(into[:n.disk.read(n.file, into, at)]), 0
}

// Write writes.
func (n *fileNode) Write(_ context.Context, _ fs.FileHandle, b []byte, at int64) (uint32, syscall.Errno) {
	n.disk.write(n.file, b, at)
	return uint32(len(b)), 0
}

// Fsync makes it durable.
func (n *fileNode) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	n.disk.sync(n.file)
	return 0
}
