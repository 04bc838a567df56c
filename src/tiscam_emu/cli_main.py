from tiscam_emu.cli import main
main()
