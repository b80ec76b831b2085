/** Style sheets go to the bundle beside; importing one gives nothing. */
declare module "*.css";
